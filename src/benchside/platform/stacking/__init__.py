"""What of a window can be seen on the screen.  May import protocol and media."""
