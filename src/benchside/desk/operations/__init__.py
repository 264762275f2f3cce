"""What the desk does: talks to the agent, remembers, guards its single instance.  No widget here; `link` and `instance` use QtNetwork."""
