"""Sleep, lock and idleness of the desktop that a session runs in.  May import protocol."""
