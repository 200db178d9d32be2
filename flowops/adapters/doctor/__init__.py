"""What doctor looks at, outside of the program: this machine, the project's files, and AWS."""
