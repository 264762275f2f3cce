"""Structured logging without secrets.  May import protocol."""
