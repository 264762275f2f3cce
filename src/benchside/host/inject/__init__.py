"""The PC's hands: pointer and keyboard as the associate moves them.  May import platform."""
