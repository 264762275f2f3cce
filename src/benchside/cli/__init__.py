"""Dispatches to a program's own app.py; nothing else."""
