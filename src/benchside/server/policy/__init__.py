"""The authority's signed policy as the server keeps and offers it."""
