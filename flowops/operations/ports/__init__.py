"""Protocols: what the operations need of the outside world."""
