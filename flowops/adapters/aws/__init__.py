"""AWS, one file for each service used."""
