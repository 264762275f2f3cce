"""Accounts of the operating system, and what only some of them may touch.  May import protocol."""
