"""Evidence that a person agreed to be contacted."""
