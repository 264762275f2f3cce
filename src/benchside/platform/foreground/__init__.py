"""Whether one program has the whole screen.  May import protocol, and the platform's display."""
