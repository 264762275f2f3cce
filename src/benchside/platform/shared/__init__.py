"""Reading another program's files without standing in its way."""
