"""Bytes <-> messages, a file per noun.  May import protocol.errors only."""
