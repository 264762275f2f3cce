"""Programs around the product, not part of it: the demo, a simulated instrument, a scripted technician."""
