"""The desk: the technician's window.  A client of the local services; no key lives in it."""
