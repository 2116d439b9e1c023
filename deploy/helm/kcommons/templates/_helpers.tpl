{{- define "kcommons.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* 47 characters, so that what is put behind it keeps within 63. */}}
{{- define "kcommons.fullname" -}}
{{- $name := include "kcommons.name" . -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 47 | trimSuffix "-" }}
{{- else if contains $name .Release.Name -}}
{{ .Release.Name | trunc 47 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name $name | trunc 47 | trimSuffix "-" }}
{{- end -}}
{{- end }}

{{- define "kcommons.namespace" -}}
{{ default .Release.Namespace .Values.namespaceOverride }}
{{- end }}

{{- define "kcommons.selectorLabels" -}}
app.kubernetes.io/name: {{ include "kcommons.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "kcommons.labels" -}}
{{- $own := merge
  (include "kcommons.selectorLabels" . | fromYaml)
  (dict "app.kubernetes.io/component" "exporter"
    "app.kubernetes.io/version" .Chart.AppVersion
    "app.kubernetes.io/managed-by" .Release.Service
    "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_"))
-}}
{{ toYaml (merge $own .Values.commonLabels) }}
{{- end }}

{{/* Name, namespace and labels of every object. Called with (list . SUFFIX MORE_LABELS). */}}
{{- define "kcommons.metadata" -}}
{{- $root := index . 0 -}}
name: {{ printf "%s%s" (include "kcommons.fullname" $root) (index . 1) | quote }}
namespace: {{ include "kcommons.namespace" $root | quote }}
labels:
  {{- toYaml (merge (include "kcommons.labels" $root | fromYaml) (index . 2)) | nindent 2 }}
{{- end }}

{{- define "kcommons.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "kcommons.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end }}

{{- define "kcommons.image" -}}
{{- with .Values.image -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}{{ with .digest }}@{{ . }}{{ end }}
{{- end -}}
{{- end }}

{{/* The configuration: what `config` says, and what follows from how the pod is made. */}}
{{- define "kcommons.config" -}}
{{- $address := printf ":%v" .Values.port -}}
{{- if .Values.kubeRbacProxy.enabled -}}
{{- $address = printf "127.0.0.1:%v" .Values.kubeRbacProxy.upstreamPort -}}
{{- end -}}
{{- $web := dict "listen_address" $address -}}
{{- if .Values.webConfig.existingSecret -}}
{{- $_ := set $web "config_file" (printf "/etc/kcommons-web/%s" .Values.webConfig.key) -}}
{{- end -}}
{{- $own := dict
  "paths" (dict "rootfs" "/host")
  "incidents" (dict "file" "/var/lib/kcommons/incidents.jsonl")
  "web" $web
-}}
{{ toYaml (mergeOverwrite (deepCopy .Values.config) $own) }}
{{- end }}

{{/* Where runtimes keep what names their containers, narrow enough to have no socket in it. */}}
{{- define "kcommons.hostPaths" -}}
{{- $known := dict
  "containerd" "/run/containerd/io.containerd.runtime.v2.task"
  "k3s" "/run/k3s/containerd/io.containerd.runtime.v2.task"
  "cri-o" "/run/containers/storage/overlay-containers"
  "docker" "/var/lib/docker/containers"
-}}
{{- $paths := list -}}
{{- range .Values.runtimes -}}
{{- $paths = append $paths (dict "name" (printf "runtime-%s" .) "path" (get $known .) "type" $.Values.hostPathType) -}}
{{- end -}}
{{- $paths = append $paths (dict "name" "pod-logs" "path" "/var/log/containers" "type" $.Values.hostPathType) -}}
{{- if .Values.userNames -}}
{{- $paths = append $paths (dict "name" "passwd" "path" "/etc/passwd" "type" "File") -}}
{{- end -}}
{{- range $i, $extra := .Values.extraHostPaths -}}
{{- $paths = append $paths (dict "name" (printf "extra-%d" $i) "path" $extra.path "type" (default "" $extra.type)) -}}
{{- end -}}
{{ toYaml (dict "paths" $paths) }}
{{- end }}

{{/* What no container of the pod has. */}}
{{- define "kcommons.confined" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
runAsUser: {{ .user }}
runAsGroup: {{ .group }}
runAsNonRoot: {{ ne (int .user) 0 }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* What two values do not allow together. */}}
{{- define "kcommons.check" -}}
{{- if and .Values.kubeRbacProxy.enabled .Values.webConfig.existingSecret -}}
{{- fail "kubeRbacProxy.enabled and webConfig.existingSecret: the proxy hands on the token of who asks, and has no password; take one of the two" -}}
{{- end -}}
{{- if and .Values.kubeRbacProxy.enabled (eq (int .Values.port) (int .Values.kubeRbacProxy.upstreamPort)) -}}
{{- fail "port and kubeRbacProxy.upstreamPort must differ" -}}
{{- end -}}
{{- if and .Values.kubeRbacProxy.enabled .Values.monitor.enabled (ne .Values.monitor.kind "ServiceMonitor") -}}
{{- fail "kubeRbacProxy.enabled: monitor.kind must be ServiceMonitor, a PodMonitor cannot send the token of Prometheus" -}}
{{- end -}}
{{- if and .Values.monitor.enabled (eq .Values.monitor.kind "ServiceMonitor") (not .Values.service.enabled) -}}
{{- fail "monitor.kind: a ServiceMonitor needs service.enabled" -}}
{{- end -}}
{{- end }}
