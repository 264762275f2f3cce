"""Who may do what: small frozen rules."""
