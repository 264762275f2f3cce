"""The desktop's own notification service, over a real bus."""

from __future__ import annotations

import logging
import queue
import struct
from typing import Any

import pytest
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from tests.fakes.notification_service import FIRST_ID, FakeNotificationService

from benchside.platform.centre.linux import DBusCentre
from benchside.protocol.wire.condition import Severity

pytestmark = pytest.mark.system

WITHIN_S = 10


def test_a_text_is_shown_as_it_is_and_closed_again() -> None:
    with FakeNotificationService() as service:
        centre = DBusCentre("Benchside", service.address)
        centre.tell(1, "Critical: Loader", "<b>Door</b> & more", Severity.CRITICAL)
        hints = {"urgency": ("y", 2), "suppress-sound": ("b", True), "transient": ("b", False)}
        assert service.calls.get(timeout=WITHIN_S) == (
            "Notify",
            "susssasa{sv}i",
            ("Benchside", 0, "", "Critical: Loader", "&lt;b&gt;Door&lt;/b&gt; &amp; more", [], hints, -1),
        )
        centre.withdraw(7)  # never told
        centre.withdraw(1)
        assert service.calls.get(timeout=WITHIN_S) == ("CloseNotification", "u", (FIRST_ID,))


def test_urgency_follows_severity() -> None:
    with FakeNotificationService() as service:
        centre = DBusCentre("Benchside", service.address)
        for number, severity in enumerate((Severity.INFO, Severity.WARNING, Severity.SERIOUS)):
            centre.tell(number, "head", "text", severity)
        urgencies = [service.calls.get(timeout=WITHIN_S)[2][6]["urgency"][1] for _ in range(3)]
        assert urgencies == [0, 1, 1]


def test_a_service_that_refuses_is_asked_again_at_the_next_text() -> None:
    with FakeNotificationService(refuses=True) as service:
        centre = DBusCentre("Benchside", service.address)
        centre.tell(1, "head", "first", Severity.WARNING)
        assert service.calls.get(timeout=WITHIN_S)[2][4] == "first"
        centre.tell(2, "head", "second", Severity.WARNING)
        assert service.calls.get(timeout=WITHIN_S)[2][4] == "second"


@pytest.mark.parametrize(
    "odd", [("", ()), ("uu", (1, 2)), ("s", ("one",)), ("b", (True,)), ("t", (2**40,)), ("i", (-1,))]
)
def test_an_odd_answer_costs_one_text_and_is_logged(
    odd: tuple[str, tuple[Any, ...]], caplog: pytest.LogCaptureFixture
) -> None:
    """It would end the thread, and no text would reach the service for as long as the desk lives."""
    caplog.set_level(logging.INFO)
    with FakeNotificationService(odd=odd) as service:
        centre = DBusCentre("Benchside", service.address)
        centre.tell(1, "head", "first", Severity.WARNING)
        assert service.calls.get(timeout=WITHIN_S)[2][4] == "first"
        centre.withdraw(1)  # nobody knows its number there
        centre.tell(2, "head", "second", Severity.WARNING)
        assert service.calls.get(timeout=WITHIN_S)[2][4] == "second"
        logged = list(caplog.records)  # the end of the bus may be told of, too
        centre.withdraw(2)
        assert service.calls.get(timeout=WITHIN_S) == ("CloseNotification", "u", (FIRST_ID,))
    assert [record.name for record in logged] == ["benchside.platform.centre.linux"]


def test_a_mistake_of_ours_or_of_the_library_ends_no_thread(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    faults: list[Exception] = [struct.error("too large"), IndexError("cut off")]

    def opened(address: str) -> DBusConnection:
        if faults:
            raise faults.pop()
        return open_dbus_connection(address)

    monkeypatch.setattr("benchside.platform.centre.linux.open_dbus_connection", opened)
    with FakeNotificationService() as service:
        centre = DBusCentre("Benchside", service.address)
        for number in range(3):
            centre.tell(number, "head", f"text {number}", Severity.WARNING)
        assert service.calls.get(timeout=WITHIN_S)[2][4] == "text 2"
        logged = list(caplog.records)
    assert [record.levelname for record in logged] == ["WARNING"] * 2


def test_without_a_service_or_a_bus_nothing_is_said_and_nothing_fails() -> None:
    gone = DBusCentre("Benchside", "unix:path=/nonexistent/bus")
    gone.tell(1, "head", "text", Severity.WARNING)
    gone.withdraw(1)
    with FakeNotificationService(owns_name=False) as service:
        centre = DBusCentre("Benchside", service.address)
        centre.tell(1, "head", "nobody hears this", Severity.WARNING)
        with pytest.raises(queue.Empty):
            service.calls.get(timeout=0.2)
