"""The server: web, gateway, relay, worker."""
