"""The core: what is said, believed and allowed.  Pure; imports nothing above itself."""
