"""The server's own conditions of a PC: their names, severities and sentences."""

from __future__ import annotations

import functools

from benchside.protocol.wire.condition import ConditionKey, Severity, Texts
from benchside.server.mail.texts import LANGUAGES, open_texts
from benchside.server.notices.facts import OwnCondition
from benchside.server.notices.order import JournalFault

__all__ = [
    "JOURNAL_FAULTS",
    "NOTIFIER_SILENT",
    "OWN_SOURCES",
    "PC_SILENT",
    "journal_fault",
    "notifier_silent",
    "pc_silent",
    "too_many",
]

OWN_SOURCES = ("server.presence", "server.notices")
PC_SILENT = ConditionKey("server.presence", "pc", "silent")
NOTIFIER_SILENT = ConditionKey("server.presence", "notifier", "silent")
TOO_MANY = ConditionKey("server.notices", "conditions", "too_many")
JOURNAL_FAULTS = {
    (key.subject, key.code): key
    for key in (TOO_MANY, *(ConditionKey("server.notices", "journal", fault.value) for fault in JournalFault))
}
"""What the intake finds wrong, by subject and code."""


def pc_silent(*, is_on: bool, after_min: int) -> OwnCondition:
    """A PC is not connected for longer than its site lets it be."""
    return OwnCondition(
        PC_SILENT, is_on, Severity.WARNING, sentences("pc_silent", minutes=after_min), {"minutes": after_min}
    )


def notifier_silent(*, is_on: bool) -> OwnCondition:
    """The PC is there, and nobody on it watches: its user is not told of what is wrong."""
    return OwnCondition(NOTIFIER_SILENT, is_on, Severity.SERIOUS, sentences("notifier_silent"))


def journal_fault(fault: JournalFault) -> OwnCondition:
    """A journal that does not follow, or has a part missing."""
    severity = Severity.SERIOUS if fault is JournalFault.BROKEN else Severity.WARNING
    key = ConditionKey("server.notices", "journal", fault.value)
    return OwnCondition(key, True, severity, sentences(f"journal_{fault.value}"))


def too_many() -> OwnCondition:
    """More conditions than anybody can look at."""
    return OwnCondition(TOO_MANY, True, Severity.SERIOUS, sentences("too_many"))


@functools.cache
def sentences(name: str, **values: int) -> Texts:
    """The sentence in each language that the server has."""
    texts = open_texts()
    given = {key: str(value) for key, value in values.items()}
    return {language: texts.sentence(f"notice.{name}", given, language) for language in LANGUAGES}
