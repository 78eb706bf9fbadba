"""Versioned tables of the routing rules, each with its citation."""
