"""What the eval harness remembers, in a SQLite file beside the other data of an installation."""
