"""What the technician does about a notice, and what goes to the notifier."""

from __future__ import annotations

import pytest
from tests.fakes.notice_states import DISK, ONE_POP_UP, PAST, all_shown

from benchside.desk.models.watching import Watch
from benchside.desk.operations.noticing import Noticing
from benchside.protocol.errors import PeerError
from benchside.protocol.wire.notice import (
    Acknowledge,
    HistoryOfConditionsWanted,
    NoticeAlive,
    NoticeMessage,
    NoticeRefused,
    NoticesWanted,
    PopUpShown,
    QuietTold,
    ResetLatch,
    Shelve,
    Unshelve,
)


class Told:
    """A conversation and what it said."""

    def __init__(self) -> None:
        self.sent: list[NoticeMessage] = []
        self.talk = Noticing(send=self.sent.append, locale="es")


@pytest.fixture
def told() -> Told:
    return Told()


def test_it_says_what_it_wants_to_see_at_each_connection(told: Told) -> None:
    told.talk.connected()
    told.talk.tell_quiet(full_screen=True)
    told.talk.tell_quiet(full_screen=True)
    told.talk.disconnected()
    told.talk.connected()
    wanted = NoticesWanted(version=1, locale="es")
    assert told.sent == [wanted, QuietTold(full_screen=False), QuietTold(full_screen=True), wanted, told.sent[2]]


def test_another_language_is_asked_for_once(told: Told) -> None:
    told.talk.speak("es")
    told.talk.speak("en")
    assert told.sent == [NoticesWanted(version=1, locale="en")]


def test_nothing_is_done_in_nobodys_name(told: Told) -> None:
    assert not told.talk.acknowledge(DISK, " \u202e ")
    assert not told.talk.shelve(DISK, "Mara", " ", 3600)
    assert not told.talk.shelve(DISK, "", "because", 3600)
    assert not told.talk.unshelve(DISK, "")
    assert not told.talk.reset(DISK, "")
    assert told.sent == []


def test_what_a_person_does_is_said_with_their_name(told: Told) -> None:
    assert told.talk.acknowledge(DISK, " Mara\n Vidal ")
    assert told.talk.shelve(DISK, "Mara", "maintenance", 3600)
    assert told.talk.unshelve(DISK, "Mara")
    assert told.talk.reset(DISK, "Mara")
    assert told.sent == [
        Acknowledge(key=DISK, by="Mara Vidal"),
        Shelve(key=DISK, by="Mara", why="maintenance", for_s=3600),
        Unshelve(key=DISK, by="Mara"),
        ResetLatch(key=DISK, by="Mara"),
    ]


def test_a_refusal_is_forgotten_at_the_next_try(told: Told) -> None:
    told.talk.received(NoticeRefused(key=DISK, reason="gone"))
    told.talk.acknowledge(DISK, "Mara")
    assert told.talk.state.refused is None


def test_history_of_one_condition_then_of_all(told: Told) -> None:
    told.talk.want_past(DISK)
    told.talk.received(PAST)
    told.talk.want_past(DISK, earlier=True)
    told.talk.want_past(None)
    assert told.talk.state.past is None
    oldest = PAST.changes[-1].sequence
    assert told.sent == [
        HistoryOfConditionsWanted(key=DISK),
        HistoryOfConditionsWanted(key=DISK, before=oldest),
        HistoryOfConditionsWanted(),
    ]


def test_a_card_is_told_of_and_closed(told: Told) -> None:
    told.talk.received(ONE_POP_UP)
    told.talk.showed_pop_up(1)
    told.talk.close_pop_up()
    assert told.sent == [PopUpShown(number=1)]
    assert told.talk.state.pop_up is None


def test_a_quiet_desk_says_that_it_is_there_and_answers_no_answer(told: Told) -> None:
    told.talk.stay()
    told.talk.received(NoticeAlive())
    assert told.sent == [NoticeAlive()]


def test_rubbish_is_refused(told: Told) -> None:
    with pytest.raises(PeerError):
        told.talk.received(QuietTold(full_screen=True))


def test_watchers_hear_of_changes_alone(told: Told) -> None:
    heard = []
    told.talk.watch(heard.append)
    told.talk.received(all_shown()["one"])
    told.talk.received(all_shown()["one"])
    told.talk.disconnected()
    assert [state.watch for state in heard] == [Watch.HERE, Watch.AWAY]
