"""Alembic scripts: how the tables of each plane came to be."""
