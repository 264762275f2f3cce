"""The updater: signed releases (a named place; built with the updates)."""
