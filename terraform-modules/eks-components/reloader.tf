locals {
  # Flowable's chart has no key for the annotation that Reloader looks for, so here it restarts whatever refers to a
  # changed Secret: in the namespace it lives in, which is Flowable's, and with rights in no other.
  reloader_values = {
    fullnameOverride = "reloader"

    reloader = {
      autoReloadAll          = true
      watchGlobally          = false
      ignoreConfigMaps       = true
      reloadStrategy         = "annotations"
      readOnlyRootFileSystem = true
      enableHA               = true

      deployment = {
        replicas                 = 2
        securityContext          = { runAsNonRoot = true, runAsUser = 65534, seccompProfile = { type = "RuntimeDefault" } }
        containerSecurityContext = local.container_security
        resources                = { requests = { cpu = "10m", memory = "64Mi" }, limits = { memory = "256Mi" } }
      }
    }
  }
}
