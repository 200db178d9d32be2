"""The page that a newcomer reads, command by command, and what must be true after each of its steps.

The tests of this folder are one story, told by its files in order: each begins where the one before it ended.
"""
