"""Warm providers: one provider process serves every terraform that has the same configuration, behind a proxy.

A plan of a small unit spends its time on starting a provider of 700 MB and on reading a schema of 2,000 types, not on
talking to AWS. `warm` is what a run uses; `pool` is the process behind it.
"""
