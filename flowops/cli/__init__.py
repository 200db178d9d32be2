"""Words in, words out: parse, call one operation, show its result."""
