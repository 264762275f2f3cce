"""The pointer's picture and place.  May import platform."""
