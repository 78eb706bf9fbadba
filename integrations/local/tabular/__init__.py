"""A scorer learnt from an agency's own table, whatever its columns: reading, typing, encoding, training, scoring."""
