"""How the desk looks: tokens of docs/look.md, and widgets that draw themselves.  No other room of the desk."""
