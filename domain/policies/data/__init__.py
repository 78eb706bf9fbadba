"""Tables with their citations."""
