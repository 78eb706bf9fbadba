"""Whether a person may be contacted, and the wishes not to be."""
