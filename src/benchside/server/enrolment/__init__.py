"""Sites, tokens, devices and their instruments: how a PC becomes a device."""
