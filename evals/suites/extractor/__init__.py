"""Typed facts, and a wish not to be called, out of messages."""
