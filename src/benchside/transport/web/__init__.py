"""The console's files and what goes with them, for whoever serves them: the server, and the package's own console."""
