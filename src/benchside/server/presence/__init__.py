"""Who is connected now, and since when it was or was not."""
