"""Sources of leads: their settings and secrets, the doors they use, and the account kept with them."""
