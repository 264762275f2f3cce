"""Adapters: what tells of an instrument.  Each is made by name in a worker and only looks and tells.

May import protocol, settings and platform; knows neither journal nor screen nor server.
"""
