"""The host: one per session, in the user's desktop; key exchange, grants, capture and input."""
