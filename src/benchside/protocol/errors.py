"""The four families of failure: who is to blame decides what happens next."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["CallerError", "PeerError", "PeerFault", "Refusal", "RefusedError", "UnavailableError"]


class PeerFault(StrEnum):
    """Which rule the other side broke; also the reason with which a connection is closed."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    OUT_OF_ORDER = "out_of_order"
    WRONG_VERSION = "wrong_version"
    WRONG_KEY = "wrong_key"
    WRONG_SIGNATURE = "wrong_signature"
    WRONG_CODE = "wrong_code"
    NOT_AUTHENTIC = "not_authentic"
    NOT_GRANTED = "not_granted"
    TOO_SLOW = "too_slow"
    TOO_MANY = "too_many"


class Refusal(StrEnum):
    """Why a rule or a person said no.  The catalogues hold a sentence for each, in each language."""

    NO_IT_REVIEW = "no_it_review"
    NO_TERMS = "no_terms"
    NO_POLICY = "no_policy"
    OLD_POLICY = "old_policy"
    NOT_IN_POLICY = "not_in_policy"
    EXPIRED_IN_POLICY = "expired_in_policy"
    WRONG_REGION = "wrong_region"
    WRONG_SITE = "wrong_site"
    WRONG_MODEL = "wrong_model"
    WRONG_CUSTOMER = "wrong_customer"
    WRONG_ROLE = "wrong_role"
    UNKNOWN_SITE = "unknown_site"
    NOT_TRAINED = "not_trained"
    TRAINING_EXPIRED = "training_expired"
    NOT_NAMED = "not_named"
    OUT_OF_HOURS = "out_of_hours"
    SECOND_EYES = "second_eyes"
    TICKET_INVALID = "ticket_invalid"
    TICKET_EXPIRED = "ticket_expired"
    TICKET_USED = "ticket_used"
    TICKET_MISMATCH = "ticket_mismatch"
    CODE_WRONG = "code_wrong"
    CODE_DEAD = "code_dead"
    WAIT = "wait"
    NOT_AUTHORISED = "not_authorised"
    DENIED = "denied"
    SILENCE = "silence"
    ASKED_TOO_SOON = "asked_too_soon"
    ASKED_TOO_OFTEN = "asked_too_often"
    NEEDS_VIEW = "needs_view"
    ALREADY_ASKED = "already_asked"
    ALREADY_GRANTED = "already_granted"
    BUSY = "busy"
    NO_REQUEST = "no_request"
    CLAIMED = "claimed"
    NOT_CLAIMED = "not_claimed"
    SIGN_IN = "sign_in"
    CHANGE_PASSWORD = "change_password"  # noqa: S105 - a reason, not a password
    SECOND_FACTOR = "second_factor"
    STEP_UP = "step_up"
    UNKNOWN = "unknown"
    IN_USE = "in_use"
    CHANGED = "changed"
    NEW_LOCATION = "new_location"
    NO_ADDRESS = "no_address"
    LINK_EXPIRED = "link_expired"
    JOURNAL = "journal"
    COVERS_UNREADABLE = "covers_unreadable"
    HELD = "held"


class BenchsideError(Exception):
    """Common parent, so that a program's rim can tell our failures from a bug in a library."""


class PeerError(BenchsideError):
    """The other side broke a rule: close with the fault, audit, do not retry the same bytes."""

    def __init__(self, fault: PeerFault, text: str) -> None:
        """`text` is for a log: lower case, what was expected and what came, nothing secret."""
        super().__init__(text)
        self.fault = fault


class CallerError(BenchsideError):
    """Our own code called in the wrong order or with a value out of range: a bug, never caught."""


class RefusedError(BenchsideError):
    """Policy or person said no: show the reason, audit."""

    def __init__(self, reason: Refusal, text: str, *, wait_s: float | None = None) -> None:
        """`wait_s`: how long until asking again can help, in seconds; None when waiting cannot help."""
        super().__init__(text)
        self.reason = reason
        self.wait_s = wait_s


class UnavailableError(BenchsideError):
    """Network, disk, display or service is away: back off and show it."""

    def __init__(self, text: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s
