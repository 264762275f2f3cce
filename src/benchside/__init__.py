"""Benchside: remote support for laboratory instruments that the lab stays in charge of."""
