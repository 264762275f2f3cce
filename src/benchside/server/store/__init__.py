"""Two databases, one per plane, and the column types that encrypt.  May import protocol."""
