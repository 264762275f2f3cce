"""A service's local door: who may come in is known before a byte of theirs is read.  May import protocol."""
