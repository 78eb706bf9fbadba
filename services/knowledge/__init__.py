"""What the agency knows: documents in, passages found, answers with quotes."""
