"""The associate's console from the installed package: serves its files on loopback and passes on calls of the API."""
