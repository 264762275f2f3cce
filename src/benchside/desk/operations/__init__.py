"""What the desk does: talks to the agent, remembers.  No widget; `link` and `instance` use QtNetwork."""
