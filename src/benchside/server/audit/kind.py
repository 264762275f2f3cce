"""Kinds of events that only a server sees, beside those of the wire, and the streams that count them."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["OPERATOR", "SERVER", "ServerKind", "account_stream", "device_stream", "request_of", "session_stream"]

SERVER = "server"
"""The stream of events that belong to nobody in particular."""
OPERATOR = "the operator"
"""Who did what a command on the server itself does.  With a space, so that it is no account's or person's name."""


class ServerKind(StrEnum):
    """Facts, in the past."""

    ACCOUNT_ADDED = "account_added"
    ACCOUNT_ENABLED = "account_enabled"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_RESET = "account_reset"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SIGN_IN_REFUSED = "sign_in_refused"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind of event
    FACTOR_SET = "factor_set"
    ADDRESS_SET = "address_set"
    LOCATION_NEW = "location_new"
    LOCATION_CONFIRMED = "location_confirmed"
    LOCATION_EXPIRED = "location_expired"
    LOCATION_DENIED = "location_denied"
    MAIL_GIVEN_UP = "mail_given_up"
    KEY_REGISTERED = "key_registered"
    TOKEN_MADE = "token_made"  # noqa: S105 - a kind of event
    DEVICE_ENROLLED = "device_enrolled"
    ENROLMENT_REFUSED = "enrolment_refused"
    DEVICE_REFUSED = "device_refused"
    DEVICE_REVOKED = "device_revoked"
    DEVICE_HELD = "device_held"
    DEVICE_RELEASED = "device_released"
    ROTATION_WANTED = "rotation_wanted"
    DEVICE_KEY_CHANGED = "device_key_changed"
    JOURNAL_REFUSED = "journal_refused"
    NOTICES_REFUSED = "notices_refused"
    ADVISORY_MADE = "advisory_made"
    ADVISORY_WITHDRAWN = "advisory_withdrawn"
    ALERT_CHANGED = "alert_changed"
    ALERT_TRIED = "alert_tried"
    ALERT_GIVEN_UP = "alert_given_up"
    CLAIM_REFUSED = "claim_refused"
    SECOND_AGREED = "second_agreed"
    POLICY_INSTALLED = "policy_installed"
    PERSON_CHANGED = "person_changed"
    PERSON_REMOVED = "person_removed"
    GROUP_CHANGED = "group_changed"
    GROUP_REMOVED = "group_removed"
    CUSTOMER_CHANGED = "customer_changed"
    SITE_CHANGED = "site_changed"
    MODEL_CHANGED = "model_changed"
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - a kind of event
    PROPOSAL_MADE = "proposal_made"
    STORED_DATA_SHOWN = "stored_data_shown"
    ASSOCIATE_OUT = "associate_out"


def session_stream(request_id: bytes) -> str:
    return f"session:{request_id.hex()}"


def request_of(stream: str) -> bytes | None:
    """The request whose session a stream counts; None for any other stream."""
    kind, _, name = stream.partition(":")
    return bytes.fromhex(name) if kind == "session" else None


def device_stream(device_id: bytes) -> str:
    return f"device:{device_id.hex()}"


def account_stream(account: str) -> str:
    return f"account:{account}"
