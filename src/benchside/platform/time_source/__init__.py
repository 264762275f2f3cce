"""Whether this machine's clock follows another, and how far it is off.  May import protocol."""
