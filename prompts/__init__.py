"""The words for models: immutable versioned files and their registry. Imports the kernel, jinja2 and yaml, nothing else."""
