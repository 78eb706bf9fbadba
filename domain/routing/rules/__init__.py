"""An agency's own rules of distribution: conditions, what follows, and what cannot be right."""
