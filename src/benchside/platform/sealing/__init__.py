"""Seals small secrets to the machine that they rest on.  May import protocol."""
