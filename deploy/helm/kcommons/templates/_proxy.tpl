{{/* It alone has a token, to ask the API server who asks and whether they may. */}}
{{- define "kcommons.proxy" -}}
- name: kube-rbac-proxy
  image: {{ .Values.kubeRbacProxy.image | quote }}
  args:
    - --secure-listen-address=:{{ .Values.port }}
    - --upstream=http://127.0.0.1:{{ .Values.kubeRbacProxy.upstreamPort }}/
    - --ignore-paths=/-/healthy,/-/ready
    {{- if .Values.kubeRbacProxy.tlsSecret }}
    - --tls-cert-file=/etc/tls/tls.crt
    - --tls-private-key-file=/etc/tls/tls.key
    {{- end }}
    {{- with .Values.kubeRbacProxy.extraArgs }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    - name: metrics
      containerPort: {{ .Values.port }}
      protocol: TCP
  readinessProbe:
    httpGet:
      path: /-/ready
      port: metrics
      scheme: HTTPS
    {{- include "kcommons.readinessTimes" . | nindent 4 }}
  resources:
    {{- toYaml .Values.kubeRbacProxy.resources | nindent 4 }}
  securityContext:
    {{- include "kcommons.confined" (dict "user" 65532 "group" 65532) | nindent 4 }}
    capabilities:
      drop: [ALL]
  volumeMounts:
    - name: token
      mountPath: /var/run/secrets/kubernetes.io/serviceaccount
      readOnly: true
    {{- if .Values.kubeRbacProxy.tlsSecret }}
    - name: tls
      mountPath: /etc/tls
      readOnly: true
    {{- end }}
{{- end }}

{{- define "kcommons.proxyVolumes" -}}
- name: token
  projected:
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: 3600
      - configMap:
          name: kube-root-ca.crt
          items:
            - key: ca.crt
              path: ca.crt
      - downwardAPI:
          items:
            - path: namespace
              fieldRef:
                fieldPath: metadata.namespace
{{- with .Values.kubeRbacProxy.tlsSecret }}
- name: tls
  secret:
    secretName: {{ . | quote }}
{{- end }}
{{- end }}
