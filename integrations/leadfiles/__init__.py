"""Lead files as bytes become tables of text; what the text means is decided in domain/leads/reading."""
