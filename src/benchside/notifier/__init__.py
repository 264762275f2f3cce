"""The notifier: a service that watches PC and instrument, journals what is wrong, and tells the person at the PC first.

May import protocol, platform, transport, settings and logs; never another program.
"""
