"""The installer: preflight, review, terms, enrolment (a named place; built with the installer)."""
