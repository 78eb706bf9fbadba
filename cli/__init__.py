"""The command line: the door that also composes a whole installation in one process."""
