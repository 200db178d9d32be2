"""A CloudFormation engine over the emulated services."""
