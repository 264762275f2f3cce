"""The demo: a whole small world on one machine, for a person or for other programs."""
