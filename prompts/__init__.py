"""The words for models: immutable versioned files and their registry."""
