"""What a device proves at each link beside its key: where its chain of links stands, and the change of that key."""
