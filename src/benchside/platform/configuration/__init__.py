"""How this PC is set up: its name, when it sleeps, whether a screen saver comes.  May import protocol."""
