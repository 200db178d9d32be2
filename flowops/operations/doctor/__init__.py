"""doctor: what keeps a newcomer from a green apply, and the command that mends it."""
