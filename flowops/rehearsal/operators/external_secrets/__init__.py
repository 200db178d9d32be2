"""The External Secrets Operator's part: values of Secrets Manager become Secrets of a cluster.

`controller` fulfils each ExternalSecret. `spec` says what it wants; `vault` reads that, as the role that `role` finds
behind the operator's service account; `values` and `templates` make of it what `manifest` writes down.
https://external-secrets.io/latest/api/externalsecret/
"""
