"""OS facts and services that several programs use, in files named for the OS.  May import protocol."""
