"""Access: signing in, people, keys, and the log of what was done."""
