"""What the desk holds: pure values and rules, given the time.  Imports the protocol only, never Qt."""
