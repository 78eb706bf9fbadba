"""Live updates: who may be told what, as it happens."""
