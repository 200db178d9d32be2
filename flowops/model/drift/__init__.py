"""Drift: what is not as the code and the last apply left it, and whether the cloud or the code moved. Pure."""
