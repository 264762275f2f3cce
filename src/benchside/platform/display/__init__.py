"""One connection to the PC's display.  May import protocol."""
