"""Keys that reach us whatever window has the keyboard.  May import protocol and platform.display."""
