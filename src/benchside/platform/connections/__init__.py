"""Which TCP connections this PC has, as the system's own tables say; nothing is opened, sent or listened to."""
