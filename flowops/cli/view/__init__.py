"""Results to text, JSON or YAML; questions to people."""
