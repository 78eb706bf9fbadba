"""Embeddings in Qdrant: a projection of Postgres, rebuilt from it at any time."""
