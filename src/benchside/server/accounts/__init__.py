"""Accounts of associates and their sign-ins; local accounts now, single sign-on beside them later."""
