"""A clock that nobody can set and that goes on while the PC sleeps.  May import nothing of ours."""
