"""Notices: how many a server keeps durably, and how soon somebody sees them."""
