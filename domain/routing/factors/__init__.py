"""The fourteen factors: plain functions from facts to a value, a reason and whether it was known."""
