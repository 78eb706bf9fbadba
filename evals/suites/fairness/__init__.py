"""The same lead under another name, place, language or gendered word: the score must not move."""
