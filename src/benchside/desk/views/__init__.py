"""What the desk shows and asks.  Views show a state and call operations; they decide nothing."""
