"""The parts of tasks.py: setting up a checkout, and what each of its words does.

Modules here need the standard library only, because they run before anything is installed, but for those
that say "runs inside the virtual environment" in their first lines.
"""
