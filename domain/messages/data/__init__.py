"""Words that the product ships with, one file a language."""
