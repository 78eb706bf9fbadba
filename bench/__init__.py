"""Measurements of the running system, each printed beside its goal."""
