"""Mail out: a durable outbox, and the task that brings it to the operator's mail server."""
