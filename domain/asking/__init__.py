"""Questions about the agency's work: what may be asked, and what may be done on a person's word."""
