"""Reads from a certificate when it runs out and what it is called, and no more (X.509: RFC 5280, 4.1; DER: X.690).

`cryptography` would read it, too, and cost the worker nine megabytes for two dates a day.  Nothing is believed because
of what is read here.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from benchside.protocol.wire.text import clean

__all__ = ["Validity", "certificates_of", "read_validity"]

MAX_CERTIFICATES = 32
"""Of one file: a chain has four, a bundle of authorities is not meant to be watched."""
MAX_NAME = 80
_SEQUENCE, _SET, _OID, _UTC, _GENERALIZED, _VERSION = 0x30, 0x31, 0x06, 0x17, 0x18, 0xA0
_TEXTS = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be"}
_COMMON_NAME = bytes((0x55, 0x04, 0x03))
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]{1,65536})-----END CERTIFICATE-----")
_HALF = 50
"""Years of two digits: 50 and later are of the last century (RFC 5280, 4.1.2.5.1)."""


@dataclass(frozen=True)
class Validity:
    """Until when, and for whom: the common name, may be empty."""

    ends_utc: datetime
    name: str


def certificates_of(data: bytes) -> list[bytes]:
    """Return the certificates of a file, PEM or DER; ValueError when there is none."""
    found = [binascii.a2b_base64(b"".join(one.split())) for one in _BLOCK.findall(data)[:MAX_CERTIFICATES]]
    if not found and data[:1] == bytes((_SEQUENCE,)):
        found = [data]
    if not found:
        raise ValueError("expected a certificate in PEM or DER, got something else")
    return found


def read_validity(der: bytes) -> Validity:
    """Return what a certificate says of itself; ValueError when it is none."""
    _, whole, _ = _take(der, _SEQUENCE)
    _, inner, _ = _take(whole, _SEQUENCE)
    if inner[:1] == bytes((_VERSION,)):
        _, _, inner = _take(inner)
    for _ in range(3):  # serial number, algorithm, issuer
        _, _, inner = _take(inner)
    _, validity, inner = _take(inner, _SEQUENCE)
    _, _, rest = _take(validity)
    kind, ends, _ = _take(rest)
    _, subject, _ = _take(inner, _SEQUENCE)
    return Validity(_moment(kind, ends), _common_name(subject))


def _take(data: bytes, expected: int | None = None) -> tuple[int, bytes, bytes]:
    """Return the tag, the contents and what follows them."""
    if len(data) < 2 or (expected is not None and data[0] != expected):
        raise ValueError("expected a certificate, got other DER")
    length, begin = data[1], 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4:
            raise ValueError("expected a definite length, got another")
        length, begin = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
    if len(data) < begin + length:
        raise ValueError("expected a whole certificate, got a part")
    return data[0], data[begin : begin + length], data[begin + length :]


def _moment(kind: int, text: bytes) -> datetime:
    digits = text.decode("ascii")
    if kind == _UTC:
        digits = ("19" if int(digits[:2]) >= _HALF else "20") + digits
    elif kind != _GENERALIZED:
        raise ValueError("expected a moment, got another type")
    return datetime.strptime(digits, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _common_name(subject: bytes) -> str:
    while subject:
        _, names, subject = _take(subject, _SET)
        _, pair, _ = _take(names, _SEQUENCE)
        _, oid, rest = _take(pair, _OID)
        kind, value, _ = _take(rest)
        if oid == _COMMON_NAME and kind in _TEXTS:
            return clean(value.decode(_TEXTS[kind], "replace"), MAX_NAME)
    return ""
