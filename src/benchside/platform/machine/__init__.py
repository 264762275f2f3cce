"""The machine as a whole: memory, running time, system, and whether it waits for a restart.  May import protocol."""
