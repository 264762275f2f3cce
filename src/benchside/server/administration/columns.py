"""What the columns of each table are called, by us and by the systems that tables come from."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

__all__ = ["COLUMNS", "FIELDS", "KEYS", "NEEDED", "Kind"]


class Kind(StrEnum):
    """What a table tells of."""

    PEOPLE = "people"
    TRAININGS = "trainings"
    CUSTOMERS = "customers"
    SITES = "sites"


_ACCOUNT = (
    *("user", "user id", "user name", "login", "employee", "employee id"),
    *("cuenta", "usuario"),
    *("konto", "benutzer", "benutzername", "personalnummer"),
)
_CUSTOMER = ("customer id", "cliente", "kunde", "kundennummer")
COLUMNS: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    Kind.PEOPLE: {
        "account": _ACCOUNT,
        "name": ("full name", "display name", "nombre", "vollständiger name"),
        "organisation": ("organization", "company", "employer", "organización", "empresa", "firma", "unternehmen"),
        "role": ("rol", "función", "rolle"),
        "groups": ("group", "team", "teams", "grupos", "grupo", "gruppe", "gruppen"),
        "until": ("leaves", "end date", "contract end", "hasta", "bis", "austritt", "vertragsende"),
    },
    Kind.TRAININGS: {
        "account": _ACCOUNT,
        "course": ("course id", "course name", "training", "curso", "kurs", "schulung"),
        "law": ("privacy law", "regulation", "ley", "gesetz", "recht"),
        "expires": (
            *("expiry", "expiry date", "expires on", "valid until", "expiration", "expiration date"),
            *("caduca", "gültig bis", "ablauf", "ablaufdatum"),
        ),
    },
    Kind.CUSTOMERS: {
        "customer": ("id", *_CUSTOMER),
        "name": ("customer name", "nombre", "kundenname"),
        "it_mail": ("it e-mail", "it email", "mail", "e-mail", "email", "correo"),
        "language": ("mail language", "idioma", "sprache"),
    },
    Kind.SITES: {
        "site": ("site id", "id", "centro", "standort"),
        "name": ("site name", "laboratory", "nombre", "labor"),
        "customer": _CUSTOMER,
        "laws": ("law", "privacy laws", "leyes", "gesetz", "gesetze"),
        "time_zone": ("timezone", "zona horaria", "zeitzone"),
    },
}
"""Each column with the other names that it comes under, in English, Spanish and German."""
NEEDED: Mapping[Kind, tuple[str, ...]] = {
    Kind.PEOPLE: ("account", "name", "organisation"),
    Kind.TRAININGS: ("account", "course", "law", "expires"),
    Kind.CUSTOMERS: ("customer", "name"),
    Kind.SITES: ("site", "name", "customer", "laws"),
}
KEYS: Mapping[Kind, str] = {
    Kind.PEOPLE: "account",
    Kind.TRAININGS: "account",
    Kind.CUSTOMERS: "customer",
    Kind.SITES: "site",
}
"""The column that says of whom a line is."""
FIELDS = {"mail_language": "language", "until_utc_ms": "until", "expires_utc_ms": "expires"}
"""Fields of what is kept that a table has under another name."""
