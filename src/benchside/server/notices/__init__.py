"""What is wrong at which PC: takes the notifiers' journals in, adds the server's own conditions, and tells people."""
