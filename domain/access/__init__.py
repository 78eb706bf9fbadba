"""Who may come in and what for: roles, passwords, keys, and how long to wait after failures."""
