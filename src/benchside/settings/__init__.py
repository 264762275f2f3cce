"""Reading configuration files, with a sentence for each mistake.  May import protocol."""
