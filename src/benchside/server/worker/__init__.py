"""What happens by itself: expiry, retention."""
