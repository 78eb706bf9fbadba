"""Leads from the door to the end of their pipeline."""
