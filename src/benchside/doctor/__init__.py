"""`benchside doctor`: why a PC cannot reach its server, in words for the hospital's network team."""
