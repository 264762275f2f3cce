"""The HTTP API, the console's files and the headers around them."""
