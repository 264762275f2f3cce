"""The drives of this machine: what is free, what is read-only, and what forgets at a restart.  May import protocol."""
