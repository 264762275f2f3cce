"""Gives memory back to the operating system that a program needed only to load what it runs."""
