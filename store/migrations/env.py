"""Alembic's entry: runs against the connection that store.migrate hands over."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

from store.sql.models import Row

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Row.metadata, compare_type=True)
with context.begin_transaction():
    connection.execute(text("SET LOCAL lock_timeout = '5s'"))
    context.run_migrations()
