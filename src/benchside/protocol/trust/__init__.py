"""Keys, handshake, tickets, policy and log proofs: what is believed.  May import wire and errors."""
