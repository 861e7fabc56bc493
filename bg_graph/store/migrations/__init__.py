"""Alembic migrations of the store, and the commands that run them."""
