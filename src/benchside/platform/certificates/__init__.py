"""Certificates that the machine itself holds.  May import protocol."""
