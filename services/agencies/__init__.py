"""The agency's own data: its producers and their network."""
