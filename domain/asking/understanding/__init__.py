"""Questions in plain words, English and the common ones in Spanish, read by a grammar: no language model, no store, no clock."""
