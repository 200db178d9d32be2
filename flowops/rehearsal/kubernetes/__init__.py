"""A real Kubernetes for each cluster of the emulated EKS.

`planes` keeps the control planes in line with what `clusters` reads from the emulated AWS: `etcd` is one for all,
`plane` the programs of one cluster, `nodes` and `access` what is in it because EKS would have put it there.
`review` answers API servers that ask who holds a token of `aws eks get-token`; `tokens` says what such a token proves.
"""
