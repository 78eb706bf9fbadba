"""Labels, coverages and words of document kinds, as data."""
