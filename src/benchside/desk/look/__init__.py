"""How the desk looks: tokens of docs/look.md, and the few widgets that draw themselves.  Imports Qt, no other room of the desk."""
