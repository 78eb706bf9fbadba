"""Loops that work what is queued: pipeline runs and outgoing events."""
