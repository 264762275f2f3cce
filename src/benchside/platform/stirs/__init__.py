"""Learning at once that a file of another program stirs, where the system tells it."""
