"""The machine of conditions: from signals and acts of persons to changes.  May import trust, wire and errors."""
