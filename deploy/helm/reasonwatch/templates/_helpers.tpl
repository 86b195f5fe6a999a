{{/* Names, labels, the configuration and the container that the templates share. */}}

{{- define "reasonwatch.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "reasonwatch.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "reasonwatch.labels" -}}
{{ include "reasonwatch.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "reasonwatch.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "reasonwatch.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "reasonwatch.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{/* The pods of the daemon: those of the release, or those that carry the sidecar. */}}
{{- define "reasonwatch.podSelector" -}}
{{- if eq .Values.mode "sidecar" -}}
{{ toYaml .Values.sidecar.podLabels }}
{{- else -}}
{{ include "reasonwatch.selectorLabels" . }}
{{- end -}}
{{- end -}}

{{/* The configuration: the chart's keys, then those of .Values.config over them. */}}
{{- define "reasonwatch.config" -}}
{{- $secrets := "/etc/reasonwatch/secrets" -}}
{{- $tls := dict -}}
{{- if .Values.tls.existingSecret -}}
{{- $tls = dict "cert" "/etc/reasonwatch/tls/tls.crt" "key" "/etc/reasonwatch/tls/tls.key" -}}
{{- end -}}
{{- /* In a pod of the model only its own containers report to the tap. */ -}}
{{- $tapHost := ternary "127.0.0.1" "0.0.0.0" (eq .Values.mode "sidecar") -}}
{{- $grpc := dict "listen" (printf "%s:%d" $tapHost (int .Values.ports.tap)) -}}
{{- $http := dict "listen" (printf "0.0.0.0:%d" (int .Values.ports.http)) -}}
{{- $tap := dict "grpc" $grpc -}}
{{- if .Values.otlp.enabled -}}
{{- $otlp := dict "grpc" (printf "%s:%d" $tapHost (int .Values.otlp.grpcPort)) "http" (printf "%s:%d" $tapHost (int .Values.otlp.httpPort)) -}}
{{- if $tls -}}{{- $_ := set $otlp "tls" $tls -}}{{- end -}}
{{- if and .Values.auth.existingSecret .Values.auth.tapTokenKey -}}
{{- $_ := set $otlp "token_file" (printf "%s/%s" $secrets .Values.auth.tapTokenKey) -}}
{{- end -}}
{{- $_ := set $tap "otlp" $otlp -}}
{{- end -}}
{{- if $tls -}}
{{- $_ := set $grpc "tls" $tls -}}
{{- $_ := set $http "tls" $tls -}}
{{- end -}}
{{- if .Values.auth.existingSecret -}}
{{- with .Values.auth.tapTokenKey -}}{{- $_ := set $grpc "token_file" (printf "%s/%s" $secrets .) -}}{{- end -}}
{{- with .Values.auth.httpTokenKey -}}{{- $_ := set $http "token_file" (printf "%s/%s" $secrets .) -}}{{- end -}}
{{- end -}}
{{- $base := dict "tap" $tap "http" $http "storage" (dict "path" "/var/lib/reasonwatch") -}}
{{- toYaml (mergeOverwrite $base (deepCopy .Values.config)) -}}
{{- end -}}

{{/* The container, the same for both modes. */}}
{{- define "reasonwatch.container" -}}
name: reasonwatch
image: {{ include "reasonwatch.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args: [serve, --config, /etc/reasonwatch/reasonwatch.yaml]
{{- with .Values.extraEnv }}
env:
{{ toYaml . }}
{{- end }}
ports:
- {name: rw-tap, containerPort: {{ .Values.ports.tap }}}
- {name: rw-http, containerPort: {{ .Values.ports.http }}}
{{- if .Values.otlp.enabled }}
- {name: rw-otlp-grpc, containerPort: {{ .Values.otlp.grpcPort }}}
- {name: rw-otlp-http, containerPort: {{ .Values.otlp.httpPort }}}
{{- end }}
{{- $scheme := ternary "HTTPS" "HTTP" (ne .Values.tls.existingSecret "") }}
startupProbe:
  httpGet: {path: /-/ready, port: rw-http, scheme: {{ $scheme }}}
  periodSeconds: 2
  failureThreshold: 60
readinessProbe:
  httpGet: {path: /-/ready, port: rw-http, scheme: {{ $scheme }}}
livenessProbe:
  httpGet: {path: /-/healthy, port: rw-http, scheme: {{ $scheme }}}
resources:
{{ toYaml .Values.resources | indent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
volumeMounts:
- {name: reasonwatch-config, mountPath: /etc/reasonwatch/reasonwatch.yaml, subPath: reasonwatch.yaml, readOnly: true}
- {name: reasonwatch-data, mountPath: /var/lib/reasonwatch}
{{- if .Values.auth.existingSecret }}
- {name: reasonwatch-secrets, mountPath: /etc/reasonwatch/secrets, readOnly: true}
{{- end }}
{{- if .Values.tls.existingSecret }}
- {name: reasonwatch-tls, mountPath: /etc/reasonwatch/tls, readOnly: true}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The volumes of the container but for its data. */}}
{{- define "reasonwatch.volumes" -}}
- name: reasonwatch-config
  configMap: {name: {{ include "reasonwatch.fullname" . }}}
{{- with .Values.auth.existingSecret }}
- name: reasonwatch-secrets
  secret: {secretName: {{ . }}}
{{- end }}
{{- with .Values.tls.existingSecret }}
- name: reasonwatch-tls
  secret: {secretName: {{ . }}}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* How Prometheus reads the port. */}}
{{- define "reasonwatch.endpoint" -}}
path: /metrics
interval: {{ .Values.monitor.interval }}
scrapeTimeout: {{ .Values.monitor.scrapeTimeout }}
relabelings:
- {action: replace, targetLabel: job, replacement: reasonwatch}
{{- if .Values.tls.existingSecret }}
scheme: https
tlsConfig:
  ca:
    secret: {name: {{ .Values.tls.existingSecret }}, key: ca.crt}
  serverName: {{ include "reasonwatch.fullname" . }}
{{- end }}
{{- if and .Values.auth.existingSecret .Values.auth.httpTokenKey }}
authorization:
  credentials: {name: {{ .Values.auth.existingSecret }}, key: {{ .Values.auth.httpTokenKey }}}
{{- end }}
{{- end -}}
