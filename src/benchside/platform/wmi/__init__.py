"""Asks Windows about itself where only its management instrumentation answers.  May import protocol."""
