"""State tables of session and consent: what may happen next.  May import trust, wire and errors."""
