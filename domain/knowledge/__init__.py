"""What an agency knows, as text: cut into passages, found by words and by meaning, answered with quotes."""
