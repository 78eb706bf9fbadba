"""Leads: their life cycle, history, reading, duplicates and score."""
