"""Which device a press of a key or button came from.  May import protocol."""
