"""Moving bytes: dial, serve, pump and framing.  May import media and protocol."""
