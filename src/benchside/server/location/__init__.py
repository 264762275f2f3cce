"""New locations: a sign-in from a browser or network that an account was not seen with needs a link from e-mail."""
