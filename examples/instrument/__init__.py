"""A simulator of an analyser's own program: what an instrument PC shows when nobody asks for help.

It stands for somebody else's program, so it is in English only and knows nothing of Benchside.
"""
