{{/*
Liveness asks the daemon alone, and by HTTP: it answers when no file can be opened any more, which a program
that is started to ask, or a proxy, does not. Behind a password nobody but who knows it is answered, so the
port must do.
*/}}
{{- define "kcommons.probes" -}}
{{- if .Values.kubeRbacProxy.enabled }}
{{- if .Values.hostNetwork }}
livenessProbe:
  httpGet:
    path: /-/healthy
    host: 127.0.0.1
    port: {{ .Values.kubeRbacProxy.upstreamPort }}
  {{- include "kcommons.livenessTimes" . | nindent 2 }}
readinessProbe:
  httpGet:
    path: /-/ready
    host: 127.0.0.1
    port: {{ .Values.kubeRbacProxy.upstreamPort }}
  {{- include "kcommons.readinessTimes" . | nindent 2 }}
{{- end }}
{{- else if .Values.webConfig.existingSecret }}
livenessProbe:
  tcpSocket:
    port: metrics
  {{- include "kcommons.livenessTimes" . | nindent 2 }}
readinessProbe:
  tcpSocket:
    port: metrics
  {{- include "kcommons.readinessTimes" . | nindent 2 }}
{{- else }}
livenessProbe:
  httpGet:
    path: /-/healthy
    port: metrics
  {{- include "kcommons.livenessTimes" . | nindent 2 }}
readinessProbe:
  httpGet:
    path: /-/ready
    port: metrics
  {{- include "kcommons.readinessTimes" . | nindent 2 }}
{{- end }}
{{- end }}

{{/* A minute, as the watchdog of the unit has. */}}
{{- define "kcommons.livenessTimes" -}}
periodSeconds: 15
timeoutSeconds: 5
failureThreshold: 4
{{- end }}

{{- define "kcommons.readinessTimes" -}}
periodSeconds: 10
timeoutSeconds: 5
failureThreshold: 3
{{- end }}
