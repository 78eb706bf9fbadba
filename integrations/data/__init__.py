"""Versioned tables of the outside world, each with its citation."""
