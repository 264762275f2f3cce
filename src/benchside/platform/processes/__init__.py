"""Programs and services that run here, by their names.  May import protocol."""
