"""The outside world, one file for one thing."""
