"""Signing in at the vendor's own OpenID provider."""
