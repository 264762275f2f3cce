"""The named place of single sign-on (OpenID Connect); nothing is built here yet."""
