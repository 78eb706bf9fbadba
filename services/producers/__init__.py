"""Producers: their records, licences, marks and numbers."""
