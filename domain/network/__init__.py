"""The broker network: who works with whom, what that is worth, and what may be paid for it."""
