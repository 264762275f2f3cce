"""Measures a session: its times, its consent under a hostile console, its relay under a hostile network."""
