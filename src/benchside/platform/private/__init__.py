"""Files that nobody but a service's own account may open.  May import protocol."""
