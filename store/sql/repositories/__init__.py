"""Queries, one context a file. Each repository is made for one actor and filters by its agency."""
