"""The specialists: each takes a lead case and returns a typed decision. They do not know each other."""
