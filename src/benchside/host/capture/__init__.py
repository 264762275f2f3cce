"""The PC's eyes: what is on the shared monitors, as pixels.  May import media and platform."""
