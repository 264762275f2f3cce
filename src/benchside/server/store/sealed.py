"""Column types whose values rest encrypted: AES-256-GCM, the key's id in front, bound to table and column."""

from __future__ import annotations

from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from benchside.protocol.errors import CallerError
from benchside.server.store.keyring import DataKeys

__all__ = ["SealedBytes", "SealedText", "give_keys"]

_ATTRIBUTE = "benchside_data_keys"


def give_keys(dialect: Dialect, keys: DataKeys) -> None:
    """Let the columns of an engine seal and open under `keys`; an engine has its own dialect, planes cannot mix."""
    setattr(dialect, _ATTRIBUTE, keys)


def _keys_of(dialect: Dialect) -> DataKeys:
    keys = getattr(dialect, _ATTRIBUTE, None)
    if not isinstance(keys, DataKeys):
        raise CallerError("this engine was made without data keys")
    return keys


class SealedBytes(TypeDecorator[bytes]):
    """Bytes that rest encrypted.  Cannot be searched or compared in SQL, by design."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        """`place`: "table.column", authenticated with each value so that none can be moved to another column."""
        super().__init__()
        self.place = place

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _keys_of(dialect).seal(value, self.place)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _keys_of(dialect).open(value, self.place)


class SealedText(TypeDecorator[str]):
    """Text that rests encrypted, like SealedBytes."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _keys_of(dialect).seal(value.encode(), self.place)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else _keys_of(dialect).open(value, self.place).decode()
