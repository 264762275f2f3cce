"""What happened, as salted commitments with encrypted details.  The log's tree (RFC 6962) goes over them, here."""
