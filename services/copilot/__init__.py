"""Conversations with the copilot: threads, turns, and what was proposed and confirmed."""
