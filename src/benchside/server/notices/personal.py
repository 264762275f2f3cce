"""What a change or a condition says of people, apart from the rest: it rests sealed."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from benchside.protocol.wire.condition import ConditionChange, ConditionState, Texts, Values

__all__ = ["ChangeContent", "ChangePeople", "joined", "read_change", "seal_free", "split"]


class ChangeContent(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a change says that is neither a column of its own nor personal."""

    texts: Texts = msgspec.field(default_factory=dict)
    values: Values = msgspec.field(default_factory=dict)
    until_utc_ms: int | None = None
    count: int | None = None


class ChangePeople(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who did it, as they call themselves, and why."""

    by: str | None = None
    why: str | None = None


class _StatePeople(msgspec.Struct, frozen=True, omit_defaults=True):
    acknowledged_by: str | None = None
    shelved_by: str | None = None
    shelved_why: str | None = None


_encode = msgspec.json.Encoder().encode
_content = msgspec.json.Decoder(ChangeContent)
_people = msgspec.json.Decoder(ChangePeople)
_state = msgspec.json.Decoder(ConditionState)
_state_people = msgspec.json.Decoder(_StatePeople)
_LEFT_OUT: dict[str, Any] = {
    **dict.fromkeys(("acknowledged_by", "shelved_by", "shelved_why")),
    # the PC's own reckoning, which nobody here asks for, and which a server of the version before could not read
    **dict.fromkeys(("pulse_until_utc_ms", "shelf_ends_utc_ms")),
}


def seal_free(change: ConditionChange) -> tuple[str, bytes | None]:
    """Return what of `change` rests readable, and what rests sealed, if anything."""
    content = ChangeContent(change.texts, change.values, change.until_utc_ms, change.count)
    people = _encode(ChangePeople(change.by, change.why)) if change.by or change.why else None
    return _encode(content).decode(), people


def read_change(content: str, personal: bytes | None) -> tuple[ChangeContent, ChangePeople]:
    """Return both again."""
    return _content.decode(content), _people.decode(personal) if personal else ChangePeople()


def split(state: ConditionState) -> tuple[str, bytes | None]:
    """The same for how a condition stands."""
    people = _StatePeople(state.acknowledged_by, state.shelved_by, state.shelved_why)
    sealed = _encode(people) if people != _StatePeople() else None
    return _encode(replace(state, **_LEFT_OUT)).decode(), sealed


def joined(state: str, personal: bytes | None) -> ConditionState:
    """Return a condition with its people."""
    found = _state.decode(state)
    if personal is None:
        return found
    people = _state_people.decode(personal)
    return replace(
        found,
        acknowledged_by=people.acknowledged_by,
        shelved_by=people.shelved_by,
        shelved_why=people.shelved_why,
    )
