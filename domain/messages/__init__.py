"""Messages to people: their kinds, words, life and lengths."""
