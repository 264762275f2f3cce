"""Pairs the channels of a session by ticket; ciphertext only, no database."""
