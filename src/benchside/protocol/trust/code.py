"""The one-time code: how it is made, read back, and checked for a slip of the tongue.

Crockford's base32 (https://www.crockford.com/base32.html): no I, L, O or U, so that nothing is misread, and
a check character over 37, which finds each single wrong character and each swap of neighbours.
"""

from __future__ import annotations

from benchside.protocol.errors import PeerError, PeerFault

__all__ = ["CODE_CHARACTERS", "CODE_RANDOM_BYTES", "code_from_random", "read_code"]

CODE_CHARACTERS = 12
"""60 bits: with three attempts for each code, one in 3.8 * 10^17 for a guesser (R52)."""
CODE_RANDOM_BYTES = 8

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECK = _ALPHABET + "*~$=U"
_READ_AS = str.maketrans("ILO", "110", " -._\t\u00a0")


def code_from_random(random: bytes) -> str:
    """Return 12 characters and their check character from 8 random bytes (the low 4 bits are not used)."""
    number = int.from_bytes(random[:CODE_RANDOM_BYTES], "big") >> 4
    body = "".join(_ALPHABET[number >> shift & 31] for shift in range(55, -5, -5))
    return body + _CHECK[number % 37]


def read_code(text: str) -> bytes:
    """Return the normal form of a code that a person typed: 12 ASCII characters without the check character.

    PeerError when it has another length, a character outside the alphabet, or a check character that does
    not fit (a slip, which costs no attempt).
    """
    plain = text.upper().translate(_READ_AS)
    if len(plain) != CODE_CHARACTERS + 1:
        raise PeerError(PeerFault.MALFORMED, f"expected a code of 13 characters, got {len(plain)}")
    number = 0
    for character in plain[:-1]:
        value = _ALPHABET.find(character)
        if value < 0:
            raise PeerError(PeerFault.MALFORMED, "expected a code in Crockford's base32, got another character")
        number = number << 5 | value
    if plain[-1] != _CHECK[number % 37]:
        raise PeerError(PeerFault.MALFORMED, "expected a code whose check character fits, got a mistyped one")
    return plain[:-1].encode()
