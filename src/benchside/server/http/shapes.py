"""What the API takes and gives, as JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from benchside.server.http.fleet_shapes import SeverityWord

__all__ = [
    "About",
    "ClaimedSession",
    "ConditionToldShape",
    "Confirmation",
    "Events",
    "FactorCode",
    "FactorOffer",
    "KeyFacts",
    "KeyGiven",
    "KeyTaken",
    "LinkSent",
    "LinkToken",
    "LinkWanted",
    "Me",
    "MustChange",
    "PasswordChange",
    "RequestList",
    "RequestShape",
    "SessionList",
    "SessionSummary",
    "SignInGiven",
    "TicketGiven",
    "TicketWanted",
    "Verified",
    "Ways",
]


class _Given(BaseModel):
    """What comes in: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


_Code = Annotated[str, StringConstraints(pattern="^([0-9]{6})?$")]
"""Six digits, or nothing where there is no second factor yet."""


class SignInGiven(_Given):
    """Account and password, and the second factor's code once there is one."""

    account: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    code: _Code = ""


class Confirmation(_Given):
    """The password once more, and a code."""

    password: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    code: _Code = ""


class LinkToken(_Given):
    """What stands behind the # of a link from e-mail."""

    token: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_-]{43}$")]


class LinkWanted(_Given):
    """In which language the next mail is wanted."""

    language: Literal["en", "es"]


class LinkSent(BaseModel):
    """Whether one went out just now, and in how many seconds another may."""

    sent: bool
    wait_s: int


class FactorCode(_Given):
    """A code of the secret that was offered."""

    code: Annotated[str, StringConstraints(pattern="^[0-9]{6}$")]


class PasswordChange(_Given):
    """The present password and the new one."""

    old: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    new: Annotated[str, StringConstraints(max_length=1000)]


class KeyGiven(_Given):
    """The browser's public key: SubjectPublicKeyInfo of an RSA-4096 key, base64."""

    spki: Annotated[str, StringConstraints(min_length=40, max_length=1000)]


class TicketWanted(_Given):
    """For which channel."""

    channel: Literal["main", "view", "control"]


class AgreementGiven(_Given):
    """When one agrees to a session, and the signature that says so (protocol/trust/second.py), in base64."""

    issued_utc_ms: Annotated[int, Field(ge=0, le=253_402_300_799_999)]
    signature: Annotated[str, StringConstraints(min_length=684, max_length=684)]


class About(BaseModel):
    """Which server this is; every PC and browser that reaches it learns as much."""

    server_name: str
    region: str
    relay_origin: str


class Ways(BaseModel):
    """How one can sign in: what the provider is called, if there is one, and whether there are accounts of our own."""

    provider: str | None
    local: bool


class MustChange(BaseModel):
    """Whether the password must be changed, and a second factor set up, before anything else."""

    must_change: bool
    needs_factor: bool


class FactorOffer(BaseModel):
    """The secret for the application, in base32, and as the address that a picture carries."""

    secret: str
    uri: str


class KeyTaken(BaseModel):
    """The key's fingerprint, hexadecimal."""

    fingerprint: str


class KeyFacts(BaseModel):
    """The registered key, and whether the policy names it for this account."""

    fingerprint: str
    in_policy: bool
    expires_utc_ms: int | None


class Me(BaseModel):
    """Whoever is signed in; name and organisation as the policy knows them."""

    account: str
    name: str | None
    organisation: str | None
    must_change: bool
    region: str
    server_name: str
    key: KeyFacts | None
    is_local: bool
    needs_factor: bool
    is_administrator: bool
    officer_of: str | None
    """The customer whose security officer this is."""
    needs_location: bool
    """Its location has to be confirmed first; until then nothing else is told."""
    link_goes_to: str | None
    """Then: the address of the link, masked."""
    link_sent: bool | None
    """Then: whether a link of this very sign-in went out and is still good."""
    link_why: Literal["expired", "others", "no_mail"] | None
    """Then: why not: it is too old; others of the account went out before; the server could not take in the mail."""
    link_wait_s: int | None
    """Then: in how many seconds another may go out."""


class InstrumentShape(BaseModel):
    """An instrument."""

    id: str
    model: str
    serial: str
    patient_data: bool


class SecondShape(BaseModel):
    """A second associate's agreement, where the site's rules ask for one: to whose session, and who gave it."""

    associate_key: str | None
    agreed_by: str | None
    may_agree: bool


class ConditionToldShape(BaseModel):
    """The notice with which help is asked for: foreign text, in the PC's languages; since when, by its clock."""

    source: str
    subject: str
    code: str
    severity: SeverityWord
    texts: dict[str, str]
    since_utc_ms: int | None


class RequestShape(BaseModel):
    """A request as one person sees it."""

    id: str
    device_id: str
    device: str
    site: str
    site_name: str
    instrument: InstrumentShape | None
    technician: str
    reason: str
    condition: ConditionToldShape | None
    waiting_since_utc_ms: int
    state: str
    claimed_by: str | None
    claimed_by_me: bool
    may_claim: bool
    why_not: str | None
    online: bool
    second: SecondShape | None


class RequestList(BaseModel):
    """The open requests that a person may see."""

    requests: list[RequestShape]


class SecondGiven(BaseModel):
    """A second associate's agreement, as the PC is shown it; key and signature in base64."""

    associate: str
    key: str
    issued_utc_ms: int
    signature: str


class TicketGiven(BaseModel):
    """A ticket (base64), where to use it, and the agreement that goes with it."""

    ticket: str
    relay_url: str
    second: SecondGiven | None


class Events(BaseModel):
    """One event of a session; no details when they were erased."""

    sequence: int
    at_utc_ms: int
    kind: str
    source: Literal["pc", "server"]
    details: dict[str, str]
    commitment: str


class ClaimedSession(BaseModel):
    """A session with its events."""

    id: str
    request: RequestShape
    device_id: str
    device_key: str
    state: str
    opened_utc_ms: int
    ended_utc_ms: int | None
    outcome: str | None
    associate: str | None
    events: list[Events]


class SessionSummary(BaseModel):
    """A line of the history."""

    id: str
    device_id: str
    device: str
    site: str
    site_name: str
    instrument: InstrumentShape | None
    technician: str
    reason: str
    state: str
    opened_utc_ms: int
    ended_utc_ms: int | None
    outcome: str | None
    associate: str | None


class SessionList(BaseModel):
    """A page of the history; `more` when there are older ones."""

    sessions: list[SessionSummary]
    more: bool


class OfficerSession(BaseModel):
    """A session as the customer's security officer sees it."""

    session: SessionSummary
    events: list[Events]


class Verified(BaseModel):
    """Whether the log of a session is as it was written."""

    intact: bool
    events: int


Limit = Annotated[int, Field(ge=1, le=100)]
"""A page; a hundred lines are more than anybody reads."""
