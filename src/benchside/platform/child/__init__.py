"""A program of ours that a service starts as the person at the PC, and their private line.  May import protocol."""
