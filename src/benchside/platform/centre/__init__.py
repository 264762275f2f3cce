"""The system's own notification service, by whatever way it has.  May import protocol."""
