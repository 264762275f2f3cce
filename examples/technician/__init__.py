"""The scripted technician: presses, types and reads on the accessibility tree, as a screen reader would.

It knows no product and shares no code with one; it needs the system's Python with pyatspi (Debian:
python3-pyatspi), which a virtual environment does not have. `client.py` is for programs that have one.
"""
