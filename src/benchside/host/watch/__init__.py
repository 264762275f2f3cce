"""Whether the desk's indicator can be seen by the technician.  May import platform."""
