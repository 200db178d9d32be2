{{- define "fullname" -}}
{{- printf "%s-flowable" .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "selector" -}}
app.kubernetes.io/name: flowable
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "labels" -}}
{{ include "selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
flowops/stand-in: "true"
{{- end -}}

{{- define "account" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- /* The components that are enabled, as a map from the name that a Deployment ends with to the key of its values. */}}
{{- define "components" -}}
{{- if and .Values.designNew.enabled .Values.design.enabled }}
{{- fail "designNew and design are the same component: enable one of them" }}
{{- end }}
{{- range $name, $keys := dict "work" (list "work") "engage" (list "engage") "control" (list "control") "design" (list "designNew" "design") }}
{{- range $key := $keys }}
{{- if (index $.Values $key).enabled }}
{{ $name }}: {{ $key }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* Environment variables of one component: what is the same for all of them, then its own, which win. */}}
{{- define "environment" -}}
{{- $indexing := .root.Values.flowable.indexing }}
{{- $common := dict "flowable.indexing.enabled" $indexing.enabled "server.servlet.context-path" .values.contextPath }}
{{- with index $indexing "index-name-prefix" }}
{{- $_ := set $common "flowable.indexing.index-name-prefix" . }}
{{- end }}
{{- with index $indexing.elasticsearch "rest-uris" }}
{{- $_ := set $common "spring.elasticsearch.rest.uris" . }}
{{- end }}
{{- /* Not merge: it takes false and 0 for values that are not there. */}}
{{- range $name, $value := .values.envVariables }}
{{- $_ := set $common $name $value }}
{{- end }}
{{- range $name, $value := $common }}
- name: {{ $name | quote }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- range .root.Values.flowable.envSecrets }}
- name: {{ .name | quote }}
  valueFrom:
    secretKeyRef:
      name: {{ .secretName | quote }}
      key: {{ .secretKey | quote }}
{{- end }}
{{- end -}}
