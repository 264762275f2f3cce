"""Which watch can tell that a condition is over, and what nobody is left to tell of."""

from __future__ import annotations

import pytest

from benchside.notifier.watched import Watched, share_out
from benchside.protocol.wire.condition import ConditionKey

CHECKS = Watched("checks", "checks", {})
LOG, OPCUA, LINE = (Watched(what, "cx", {}) for what in ("log", "opcua", "line"))


@pytest.mark.parametrize(
    ("source", "subject", "owner"),
    [
        ("pc.disk", "C:", "checks"),
        ("pc.watch", "disk", "checks"),
        ("pc.watch", "cx", "log-cx"),
        ("log.cx", "Pump 3", "log-cx"),
        ("log.file", "cx", "log-cx"),
        ("opcua.cx", "Centrifuge", "opcua-cx"),
        ("opcua.link", "cx", "opcua-cx"),
        ("opcua.alarm", "cx: 3fa91c", "opcua-cx"),
        ("opcua.lads", "cx: Washer, Unit 1", "opcua-cx"),
        ("line.link", "cx", "line-cx"),
    ],
)
def test_each_has_one_owner_and_none_without_it(source: str, subject: str, owner: str) -> None:
    key, every = ConditionKey(source, subject, "x"), (CHECKS, LOG, OPCUA, LINE)
    assert share_out([key], every) == ({owner: [key]}, [])
    others = [one for one in every if not one.owns(key)]
    assert share_out([key], others) == ({}, [key])


@pytest.mark.parametrize(
    ("source", "subject"),
    [("log.old", "cx"), ("log.file", "old"), ("opcua.alarm", "cx2: 3fa91c"), ("line.link", "cx2"), ("line.link", "")],
)
def test_another_of_the_kind_is_not_its_owner(source: str, subject: str) -> None:
    key = ConditionKey(source, subject, "x")
    assert share_out([key], (CHECKS, LOG, OPCUA, LINE)) == ({}, [key])


@pytest.mark.parametrize("source", ["local.lab", "vendor", "benchside.notifier", "benchside.server", "test.watch"])
def test_what_no_worker_tells_is_nobodys_to_end(source: str) -> None:
    assert share_out([ConditionKey(source, "cx", "x")], ()) == ({}, [])
