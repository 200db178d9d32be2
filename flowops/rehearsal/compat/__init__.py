"""What moto lacks for terraform, one file for each AWS service."""
