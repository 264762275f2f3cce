"""What watches: the contract of checks and adapters, and the worker process that runs one of them.

May import protocol, platform, settings and logs; a worker imports what its own adapter needs and nothing more, for
each megabyte counts on an instrument's PC.
"""
