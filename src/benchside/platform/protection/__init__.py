"""The protection against viruses, as the system itself reports it.  May import protocol."""
