"""Requests for help, from the technician's call to the end."""
