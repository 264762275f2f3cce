"""The notifier: conditions and notices (a named place; built with the notices)."""
