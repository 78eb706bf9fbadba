"""Requests about a policy in plain words: what is wished for, from which day, what is missing, whose word it takes."""
