"""What runs in the pods of a real cluster and is missed where none of them runs: its work is done by this process.

`player` looks at every cluster about once a second and lets these do theirs: `external_secrets` brings values from
Secrets Manager, as the role that its service account has; `reloader` restarts what refers to a changed Secret;
`kubelet` lets a pod start once its Secrets are there. `references` says which Secrets a pod refers to.
"""
