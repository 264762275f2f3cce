"""Damage, tiles, pacing and quality, as pure decisions about pictures.  May import protocol."""
