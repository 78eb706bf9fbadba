"""Reading documents: what the bytes are, and their words in their places. Everything works without a network."""
