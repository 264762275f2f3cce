"""The scripted engineer: works in the console as a person would, in a real Chromium."""
