"""An AWS on this machine."""
