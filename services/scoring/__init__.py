"""Scores that learn: an agency's trained models, and what its closed leads say of a score."""
