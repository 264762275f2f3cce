"""An authenticator application for who has none at hand: `python3 -m examples.authenticator KEY` prints the digits.

TOTP (RFC 6238) in the standard library alone, so that any Python can run it.  For the demo: the key of a real account
belongs into a telephone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
import sys
import time

STEP_S = 30


def code(key: str, at_s: float) -> str:
    """The six digits of this key (base32, spaces allowed) at this moment; ValueError when it is no key."""
    compact = "".join(key.split()).upper()
    try:
        secret = base64.b32decode(compact + "=" * (-len(compact) % 8))
    except binascii.Error as error:
        raise ValueError("expected a key of the letters A to Z and the digits 2 to 7") from error
    digest = hmac.digest(secret, struct.pack(">Q", int(at_s) // STEP_S), hashlib.sha1)
    at = digest[-1] & 15
    number = struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def main(argv: list[str]) -> int:
    if not argv:
        print("usage: python3 -m examples.authenticator KEY", file=sys.stderr)
        return 2
    now = time.time()
    try:
        print(f"{code(' '.join(argv), now)}   (for {STEP_S - int(now) % STEP_S} s)")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
