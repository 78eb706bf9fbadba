"""Versioned tables of commissions; every row has its citation."""
