"""The server's own keys and the folder they rest in."""
