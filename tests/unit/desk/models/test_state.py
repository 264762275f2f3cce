"""What the desk knows after each message."""

from __future__ import annotations

import pytest
from tests.fakes.desk_states import ANNA, CODE, NOW_S, PHONE, after, code, history, prompt, request, session, welcome

from benchside.desk.models.state import Contact, learn, lose_agent, seek_agent
from benchside.protocol.errors import PeerError, Refusal
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.desk import (
    CodeGone,
    DeskAlive,
    DeskRefused,
    DeskWelcome,
    HistoryShown,
    LinkShown,
    PromptClosed,
    RequestPhase,
    SessionOver,
    StopSession,
)
from benchside.protocol.wire.session import SessionEnd

ONLINE = LinkShown(online=True, since_s=10)
INSIDE = (welcome(), ONLINE, request(RequestPhase.IN_SESSION, named=True), session(Capability.VIEW))


def test_nothing_is_taken_before_the_welcome() -> None:
    with pytest.raises(PeerError):
        learn(seek_agent(""), ONLINE, NOW_S)


@pytest.mark.parametrize("message", [DeskAlive(), StopSession()])
def test_what_a_desk_says_is_refused_from_an_agent(message: DeskAlive) -> None:
    with pytest.raises(PeerError):
        learn(after([welcome()]), message, NOW_S)


def test_another_version_is_said_and_nothing_else_taken() -> None:
    other = DeskWelcome(version=2, site="", device="", phone="", instruments=(), missing=())
    state = learn(seek_agent(""), other, NOW_S)
    assert state.contact is Contact.OTHER_VERSION
    with pytest.raises(PeerError):
        learn(state, ONLINE, NOW_S)
    assert lose_agent(state).contact is Contact.OTHER_VERSION


def test_the_code_ends_on_the_desks_own_clock() -> None:
    state = after([welcome(), request(RequestPhase.QUEUED), code(attempts_left=2)])
    assert state.code is not None
    assert (state.code.text, state.code.ends_at, state.code.attempts_left) == (CODE, NOW_S + 585, 2)
    assert CODE not in repr(state)


@pytest.mark.parametrize(
    "end", [CodeGone(reason="wrong"), session(), SessionOver(outcome=SessionEnd.STOPPED), request(RequestPhase.IDLE)]
)
def test_a_dead_code_is_forgotten(end: CodeGone) -> None:
    state = after([welcome(), request(RequestPhase.QUEUED), code(), end])
    assert state.code is None


def test_a_new_code_takes_the_place_of_the_dead_one() -> None:
    state = after([welcome(), request(RequestPhase.QUEUED), code(), CodeGone(reason="expired"), code()])
    assert state.code is not None
    assert state.code_gone is None


def test_a_prompt_closes_by_its_own_number_only() -> None:
    state = after([*INSIDE, prompt(number=7), PromptClosed(prompt=6)])
    assert state.prompt is not None
    assert after([PromptClosed(prompt=7)], state).prompt is None


def test_the_end_of_a_session_leaves_its_outcome_alone() -> None:
    state = after([*INSIDE, prompt(), SessionOver(outcome=SessionEnd.LINE_LOST)])
    assert (state.session, state.prompt, state.phase) == (None, None, RequestPhase.IDLE)
    assert state.outcome is SessionEnd.LINE_LOST
    assert after([request(RequestPhase.IDLE)], state).outcome is SessionEnd.LINE_LOST
    assert after([request(RequestPhase.OPENING)], state).outcome is None


def test_losing_the_agent_ends_what_ran_and_keeps_who_we_are() -> None:
    state = lose_agent(after([*INSIDE, prompt()]))
    assert (state.session, state.prompt, state.code) == (None, None, None)
    assert state.contact is Contact.AWAY
    assert state.phone == PHONE
    assert state.outcome is SessionEnd.AGENT_LOST


def test_losing_the_agent_outside_a_session_is_no_outcome() -> None:
    assert lose_agent(after([welcome(), ONLINE])).outcome is None


def test_a_second_welcome_changes_the_gates_and_nothing_that_runs() -> None:
    state = after([welcome(missing=(Refusal.NO_TERMS,)), request(RequestPhase.QUEUED), welcome()])
    assert state.welcome == welcome()
    assert state.phase is RequestPhase.QUEUED


def test_after_a_loss_the_agent_tells_everything_again() -> None:
    state = after([welcome()], lose_agent(after(INSIDE)))
    assert state.contact is Contact.HERE
    assert (state.phase, state.session, state.online) == (RequestPhase.IDLE, None, False)


def test_a_refusal_is_shown_until_the_next_step() -> None:
    state = after([welcome(), DeskRefused(reason=Refusal.BUSY, wait_s=30)])
    assert state.refused is not None
    assert state.refused.wait_until_at == NOW_S + 30
    assert after([request(RequestPhase.OPENING)], state).refused is None


def test_why_a_request_was_refused_outlives_its_end() -> None:
    over = (SessionOver(outcome=SessionEnd.CANCELLED), request(RequestPhase.IDLE))
    state = after([welcome(), request(RequestPhase.OPENING), DeskRefused(reason=Refusal.WRONG_REGION), *over])
    assert state.refused is not None
    busy = after([welcome(), DeskRefused(reason=Refusal.BUSY), request(RequestPhase.IDLE)])
    assert busy.refused is None


@pytest.mark.parametrize(
    ("capabilities", "watched"),
    [((), False), ((Capability.CHAT,), False), ((Capability.VIEW,), True), ((Capability.CONTROL,), True)],
)
def test_the_indicator_is_for_viewing_and_controlling(capabilities: tuple[Capability, ...], watched: bool) -> None:
    state = after([*INSIDE, session(*capabilities)])
    assert state.session is not None
    assert state.session.is_watched is watched
    assert state.session.associate == ANNA


def test_earlier_pages_follow_the_newest() -> None:
    newest, oldest = history().sessions
    first = after([welcome(), HistoryShown(sessions=(newest,), more=True, intact=True)])
    both = after([HistoryShown(sessions=(oldest,), more=False, intact=True)], first)
    assert both.history is not None
    assert both.history.sessions == (newest, oldest)
    again = after([HistoryShown(sessions=(newest, oldest), more=False, intact=False)], both)
    assert again.history is not None
    assert again.history.sessions == (newest, oldest)
    assert not again.history.intact
