"""Versioned tables of the contact rules; every row has its citation and the day from which it holds."""
