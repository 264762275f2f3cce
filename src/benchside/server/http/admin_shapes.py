"""What administrators and security officers send and are shown, as JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from benchside.protocol.wire.policy import MAX_HOURS
from benchside.server.administration.facts import MAX_SILENT_MIN, SILENT_MIN
from benchside.server.http.shapes import InstrumentShape

__all__ = [
    "AdmittedList",
    "AdmittedShape",
    "CustomerGiven",
    "CustomerList",
    "CustomerShape",
    "DeviceList",
    "DeviceShape",
    "GroupGiven",
    "GroupList",
    "GroupShape",
    "HoldShape",
    "ImportShape",
    "ModelGiven",
    "ModelList",
    "ModelShape",
    "PersonGiven",
    "PersonList",
    "PersonShape",
    "PolicyInstalled",
    "PolicyShape",
    "ProblemShape",
    "ReleaseGiven",
    "SiteGiven",
    "SiteList",
    "SiteShape",
    "StoredShape",
    "TokenList",
    "TokenMade",
    "TokenShape",
    "TokenWanted",
    "TrainingGiven",
    "TrainingShape",
    "WaitingShape",
]


# `version`: of what is shown, as If-Match takes it when it is put again (http/precondition.py)


class _Given(BaseModel):
    """What comes in: unknown fields are refused.

    What goes out is no child of it: an answer that broke a limit would be an error that nobody can mend from a page.
    """

    model_config = ConfigDict(extra="forbid", strict=True)


_Word = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern="^[A-Za-z0-9][A-Za-z0-9._:@/+-]*$")]
_Covered = Annotated[str, StringConstraints(min_length=1, max_length=64)]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
_Law = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern="^[a-z0-9][a-z0-9-]*$")]
_UtcMs = Annotated[int, Field(ge=0, le=253_402_300_799_999)]


class TrainingGiven(_Given):
    """A course on a privacy law, and until when it counts."""

    course: _Word
    law: _Law
    expires_utc_ms: _UtcMs


class TrainingShape(BaseModel):
    """The same, as it is kept."""

    course: str
    law: str
    expires_utc_ms: int


class PersonGiven(_Given):
    """Everything that is to be known of a person."""

    name: _Name
    organisation: _Name
    role: Literal["engineer", "dispatcher"] | None
    is_administrator: bool
    officer_of: _Word | None
    until_utc_ms: _UtcMs | None
    is_active: bool
    groups: Annotated[list[_Word], Field(max_length=32)]
    trainings: Annotated[list[TrainingGiven], Field(max_length=32)]


class PersonShape(BaseModel):
    """A person, and what keeps them out of the proposal to the authority."""

    id: str
    version: str
    name: str
    organisation: str
    role: Literal["engineer", "dispatcher"] | None
    is_administrator: bool
    officer_of: str | None
    until_utc_ms: int | None
    is_active: bool
    groups: list[str]
    trainings: list[TrainingShape]
    key: str | None
    """Fingerprint of the key that they registered."""
    has_account: bool
    in_policy: bool
    why_not: str | None


class PersonList(BaseModel):
    """Everybody."""

    people: list[PersonShape]


class GroupGiven(_Given):
    """Where a group works; `*` is all."""

    name: _Name
    customers: Annotated[list[_Covered], Field(max_length=500)]
    sites: Annotated[list[_Covered], Field(max_length=5000)]
    models: Annotated[list[_Covered], Field(max_length=500)]


class GroupShape(BaseModel):
    """A group."""

    id: str
    version: str
    name: str
    customers: list[str]
    sites: list[str]
    models: list[str]


class GroupList(BaseModel):
    """All groups."""

    groups: list[GroupShape]


class CustomerGiven(_Given):
    """A customer, and whom its IT is told by mail."""

    name: _Name
    it_mail: Annotated[str, StringConstraints(max_length=254)]
    mail_language: Literal["en", "es"]


class CustomerShape(BaseModel):
    """A customer."""

    id: str
    version: str
    name: str
    it_mail: str
    mail_language: Literal["en", "es"]


class CustomerList(BaseModel):
    """All customers."""

    customers: list[CustomerShape]


class SiteGiven(_Given):
    """A site, the laws that hold there, and its own rules."""

    name: _Name
    customer: _Word | None
    laws: Annotated[list[_Law], Field(max_length=8)]
    time_zone: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    hours: Annotated[list[Annotated[str, StringConstraints(max_length=80)]], Field(max_length=MAX_HOURS)]
    """As `mon-fri 08:00-17:00`; always when empty.  One over midnight is kept, and shown, as two."""
    named: Annotated[list[_Word], Field(max_length=200)]
    second_eyes: bool
    silent_after_min: Annotated[int, Field(ge=0, le=MAX_SILENT_MIN)] = SILENT_MIN
    """Minutes without a link after which a PC is told of as silent; 0: never."""


class SiteShape(BaseModel):
    """A site; `in_policy`: whether the authority has signed it as it is."""

    id: str
    version: str
    name: str
    customer: str | None
    laws: list[str]
    time_zone: str
    hours: list[str]
    named: list[str]
    second_eyes: bool
    silent_after_min: int
    in_policy: bool


class SiteList(BaseModel):
    """All sites."""

    sites: list[SiteShape]


class HoldShape(BaseModel):
    """Why nothing of a PC is served, and the numbers that the windows of those who came with its key show.

    `not_chosen`: a person let another go on.  `with_old_key`: of others, whose key is the one from before its last
    change.
    """

    why: Literal["went_back", "ahead", "copied", "old_key", "not_chosen"]
    since_utc_ms: int | None
    numbers: list[str]
    with_old_key: list[str]


class ReleaseGiven(_Given):
    """Which of those who came goes on, as its window shows it; nothing where only one came.

    `with_old_key`: the one of that number whose key is the one from before the last change.
    """

    number: Annotated[str, StringConstraints(pattern="^[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}$")] | None
    with_old_key: bool = False


class DeviceShape(BaseModel):
    """An enrolled PC; `hold` is told to administrators."""

    id: str
    name: str
    site: str
    online: bool
    software: str | None
    policy_version: int
    enrolled_utc_ms: int
    revoked_utc_ms: int | None
    has_it_review: bool
    has_terms: bool
    hold: HoldShape | None
    instruments: list[InstrumentShape]


class DeviceList(BaseModel):
    """PCs, the newest first."""

    devices: list[DeviceShape]


class ModelGiven(_Given):
    """What is known of a model of instrument."""

    model: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    patient_data: bool


class ModelShape(BaseModel):
    """The same, as it is kept."""

    model: str
    patient_data: bool


class ModelList(BaseModel):
    """All known models; one that is not here counts as holding patient data."""

    models: list[ModelShape]


class TokenWanted(_Given):
    """For which site, and for how many hours."""

    site: _Word
    hours: Annotated[int, Field(ge=1, le=720)]


class TokenMade(BaseModel):
    """A token, shown this once."""

    token: str
    expires_utc_ms: int


class TokenShape(BaseModel):
    """A token that was made; only a hash of it is kept."""

    id: str
    site: str
    created_utc_ms: int
    expires_utc_ms: int
    used_utc_ms: int | None


class TokenList(BaseModel):
    """Tokens that are not forgotten yet, the newest first."""

    tokens: list[TokenShape]


class WaitingShape(BaseModel):
    """A change that the authority has not signed."""

    what: Literal["associate", "site"]
    kind: Literal["added", "changed", "removed"]
    id: str
    name: str
    fields: list[str]
    new_keys: list[str]


class PolicyShape(BaseModel):
    """The policy in force, and what waits for the authority."""

    version: int
    issued_utc_ms: int | None
    expires_utc_ms: int | None
    associates: int
    sites: int
    waiting: list[WaitingShape]


class PolicyInstalled(BaseModel):
    """The version that is in force now."""

    version: int


class ProblemShape(BaseModel):
    """Why a line of a table cannot be taken; `line` 0: the whole."""

    line: int
    column: str
    why: str


class ImportShape(BaseModel):
    """What a table changed, or would change."""

    rows: int
    added: int
    changed: int
    unchanged: int
    ignored: list[str]
    problems: list[ProblemShape]
    applied: bool
    version: str
    """Of what it would change, for the If-Match with which it is done."""


class AdmittedShape(BaseModel):
    """Somebody whom the policy lets in at one of a customer's sites, as the authority signed it."""

    id: str
    name: str
    organisation: str
    role: str
    sites: list[str]
    trainings: list[TrainingShape]
    keys: list[str]
    expires_utc_ms: int


class AdmittedList(BaseModel):
    """Who may come in, at which sites, and the sites' rules as they are signed."""

    people: list[AdmittedShape]
    sites: list[SiteShape]


class StoredShape(BaseModel):
    """Everything that the server stores about a PC, by kind (R32, R35, R67)."""

    device: DeviceShape
    registrant: str
    registrant_email: str
    sessions: int
    events: int
    notices: int
    online_spans: int
    first_seen_utc_ms: int | None
    last_seen_utc_ms: int | None
