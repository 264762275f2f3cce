"""What the technician does becomes messages, and nothing else does."""

from __future__ import annotations

import pytest
from tests.fakes.desk_states import NOW_S, PHONE, history, prompt, request, session, welcome

from benchside.desk.models.state import Contact, DeskState
from benchside.desk.operations.backoff import FIRST_WAIT_S, MAX_WAIT_S, Backoff
from benchside.desk.operations.conversation import Conversation
from benchside.protocol.errors import PeerError
from benchside.protocol.wire.capability import Capability, GrantScope
from benchside.protocol.wire.desk import (
    DESK,
    AnswerPrompt,
    CancelRequest,
    DeskAlive,
    DeskHello,
    DeskMessage,
    HistoryWanted,
    IndicatorGone,
    IndicatorShown,
    LinkShown,
    NewCode,
    OpenRequest,
    PromptClosed,
    RequestPhase,
    RevokeGrant,
    SetPaused,
    StopSession,
)


class Talk:
    """A conversation whose words are kept."""

    def __init__(self) -> None:
        self.sent: list[DeskMessage] = []
        self.states: list[DeskState] = []
        self.conversation = Conversation(
            send=self.sent.append, clock=lambda: NOW_S, locale="en", display={"DISPLAY": ":0"}, phone=PHONE
        )
        self.conversation.watch(self.states.append)

    def hear(self, *messages: DeskMessage) -> None:
        for message in messages:
            self.conversation.received(message)


@pytest.fixture
def talk() -> Talk:
    talk = Talk()
    talk.hear(welcome(), LinkShown(online=True, since_s=1))
    return talk


def test_hello_is_first() -> None:
    talk = Talk()
    talk.conversation.connected()
    assert talk.sent == [DeskHello(version=1, locale="en", display={"DISPLAY": ":0"})]
    assert talk.conversation.state.phone == PHONE


def test_a_request_is_cleaned_of_what_may_not_travel(talk: Talk) -> None:
    assert talk.conversation.request_help(technician=" Maria\u202e  Soto ", reason="Error\n41\t", instrument="INS-1")
    assert talk.sent == [OpenRequest(technician="Maria Soto", reason="Error 41", instrument="INS-1")]
    assert DESK.decode(DESK.encode(talk.sent[0])) == talk.sent[0]


@pytest.mark.parametrize(("name", "reason"), [("", "x"), ("x", ""), ("\u200b", "x"), ("x", " \n ")])
def test_an_empty_request_is_not_sent(talk: Talk, name: str, reason: str) -> None:
    assert not talk.conversation.request_help(technician=name, reason=reason, instrument="")
    assert talk.sent == []


def test_the_longest_words_fit_the_wire(talk: Talk) -> None:
    assert talk.conversation.request_help(technician="ñ" * 200, reason="é" * 3000, instrument="i" * 200)
    assert DESK.decode(DESK.encode(talk.sent[0]))


@pytest.mark.parametrize("allow", [True, False])
def test_only_the_open_prompt_is_answered(talk: Talk, allow: bool) -> None:
    scope = GrantScope(monitors=(1,))
    talk.conversation.answer_prompt(1, allow=allow, scope=scope)
    talk.hear(prompt(number=2))
    talk.conversation.answer_prompt(1, allow=allow, scope=scope)
    assert talk.sent == []
    talk.conversation.answer_prompt(2, allow=allow, scope=scope)
    assert talk.sent == [AnswerPrompt(prompt=2, allow=allow, scope=scope if allow else GrantScope())]
    talk.hear(PromptClosed(prompt=2))
    talk.conversation.answer_prompt(2, allow=True, scope=scope)
    assert len(talk.sent) == 1


def test_no_prompt_outlives_the_connection(talk: Talk) -> None:
    talk.hear(prompt(number=2))
    talk.conversation.disconnected()
    talk.conversation.answer_prompt(2, allow=True, scope=GrantScope())
    assert talk.sent == []
    assert talk.conversation.state.contact is Contact.AWAY


def test_pausing_by_key_needs_a_session_and_never_lets_go_on(talk: Talk) -> None:
    talk.conversation.pause()
    assert talk.sent == []
    talk.hear(request(RequestPhase.IN_SESSION), session(Capability.VIEW, paused=True))
    talk.conversation.pause()
    assert talk.sent == [SetPaused(paused=True)]


def test_every_other_deed_is_one_message(talk: Talk) -> None:
    talk.conversation.cancel_request()
    talk.conversation.make_new_code()
    talk.conversation.stop_session()
    talk.conversation.set_paused(False)
    talk.conversation.revoke(Capability.CONTROL)
    talk.conversation.show_indicator(77)
    talk.conversation.hide_indicator()
    talk.conversation.stay_alive()
    assert talk.sent == [
        CancelRequest(),
        NewCode(),
        StopSession(),
        SetPaused(paused=False),
        RevokeGrant(capability=Capability.CONTROL),
        IndicatorShown(window=77),
        IndicatorGone(),
        DeskAlive(),
    ]


def test_earlier_history_starts_before_what_is_known(talk: Talk) -> None:
    talk.conversation.want_history(earlier=True)
    talk.hear(history())
    talk.conversation.want_history(earlier=True)
    talk.conversation.want_history()
    assert talk.sent == [HistoryWanted(before=None), HistoryWanted(before=10), HistoryWanted(before=None)]


def test_watchers_hear_of_changes_only(talk: Talk) -> None:
    seen = len(talk.states)
    talk.hear(welcome())
    assert len(talk.states) == seen
    talk.hear(LinkShown(online=False, since_s=0))
    assert len(talk.states) == seen + 1


def test_a_broken_order_hangs_up() -> None:
    talk = Talk()
    with pytest.raises(PeerError):
        talk.hear(session())
    assert talk.states == []


def test_the_outcome_goes_when_it_was_read(talk: Talk) -> None:
    talk.hear(request(RequestPhase.IN_SESSION), session(Capability.VIEW))
    talk.conversation.disconnected()
    assert talk.conversation.state.outcome is not None
    talk.conversation.forget_outcome()
    assert talk.conversation.state.outcome is None


def test_waits_double_up_to_a_bound() -> None:
    backoff = Backoff()
    waits = [backoff.wait_s() for _ in range(10)]
    assert waits[:3] == [FIRST_WAIT_S, FIRST_WAIT_S * 2, FIRST_WAIT_S * 4]
    assert max(waits) == MAX_WAIT_S
    backoff.reset()
    assert backoff.wait_s() == FIRST_WAIT_S
