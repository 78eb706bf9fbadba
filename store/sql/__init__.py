"""Postgres through SQLAlchemy: models, repositories scoped by actor, engine and session."""
