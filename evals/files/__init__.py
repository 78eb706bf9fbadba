"""Measures over labelled files: how right classifications, documents, duplicates, searches and scores are."""
