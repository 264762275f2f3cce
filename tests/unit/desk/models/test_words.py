"""The models' words: each state, prompt, event and length of time in both languages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.fakes.desk_states import CODE, MONITORS, NOW_S, after, all_states, code, history, prompt, request, welcome

from benchside.desk.models.code import group_code, group_fingerprint, spelling_id
from benchside.desk.models.duration import count_down, count_up, moment_in
from benchside.desk.models.glance import Tone, closed_gates, glance, say_refusal, say_what_next
from benchside.desk.models.past import phrase_event, phrase_session
from benchside.desk.models.phrase import Phrase
from benchside.desk.models.question import first_scope, phrase_question, say_place
from benchside.desk.models.waiting import StepState, code_is_over, steps, why_code_gone
from benchside.desk.texts import LANGUAGES, Texts, open_texts
from benchside.protocol.errors import CallerError, Refusal
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.capability import Capability, GrantScope, MonitorInfo
from benchside.protocol.wire.desk import CodeGone, HistoryEvent, LinkShown, PromptKind, RequestPhase
from benchside.protocol.wire.session import SessionEnd


@pytest.fixture(params=LANGUAGES)
def texts(request: pytest.FixtureRequest) -> Texts:
    return open_texts(request.param)


def test_every_state_has_its_words(texts: Texts) -> None:
    for state in all_states().values():
        seen = glance(state, NOW_S)
        assert texts.say(seen.title)
        assert texts.say(seen.why)
        assert all(texts.say(step.text) for step in steps(state))
        assert texts.say(why_code_gone(state))


def test_every_refusal_and_gate_has_its_words(texts: Texts) -> None:
    assert all(texts.say(say_refusal(reason)) for reason in Refusal)
    assert all(texts.say(say_what_next(reason)) for reason in Refusal)
    for first in Refusal:
        (gate,) = closed_gates(after([welcome(missing=(first,))]))
        assert texts.say(gate.why)
        assert texts.say(gate.owner)


def test_what_to_do_after_a_refusal_names_the_number_of_a_held_pc(texts: Texts) -> None:
    assert "3FA2-91BC" in texts.say(say_what_next(Refusal.HELD, "3FA2-91BC"))
    assert texts.say(say_what_next(Refusal.BUSY)) != texts.say(say_what_next(Refusal.NO_POLICY))


def test_every_outcome_has_its_own_sentence(texts: Texts) -> None:
    assert len({texts(f"over.{end}") for end in SessionEnd}) == len(SessionEnd)


@pytest.mark.parametrize("kind", PromptKind)
@pytest.mark.parametrize("capability", Capability)
def test_every_prompt_has_its_words(texts: Texts, kind: PromptKind, capability: Capability) -> None:
    question = phrase_question(prompt(capability, kind))
    said = [texts.say(p) for p in (question.title, question.allows, question.keeps, question.length)]
    assert all(said)
    assert texts.say(question.allow) != texts.say(question.deny)
    assert question.chooses_scope is (kind is PromptKind.GRANT and capability is Capability.VIEW)


@pytest.mark.parametrize("kind", EventKind)
def test_every_event_has_its_words_even_when_the_journal_says_little(texts: Texts, kind: EventKind) -> None:
    bare = phrase_event(HistoryEvent(sequence=1, kind=kind, at_utc_ms=0, details=EventDetails()))
    assert texts.say(bare.text)
    full = EventDetails(associate="A", technician="T", capability="view", cause="revoked", version="3", key="ab" * 32)
    assert texts.say(phrase_event(HistoryEvent(sequence=1, kind=kind, at_utc_ms=0, details=full)).text)


@pytest.mark.parametrize(
    ("kind", "cause", "found"),
    [
        (EventKind.SESSION_ENDED, "stopped", "over.stopped"),
        (EventKind.GRANT_ENDED, "expired", "grant_end.expired"),
        (EventKind.CAPABILITY_REFUSED, "needs_view", "refusal.needs_view"),
        (EventKind.SESSION_ENDED, "a word of tomorrow", None),
        (EventKind.CODE_MADE, "stopped", None),
    ],
)
def test_causes_are_said_when_they_are_known(kind: EventKind, cause: str, found: str | None) -> None:
    line = phrase_event(HistoryEvent(sequence=1, kind=kind, at_utc_ms=0, details=EventDetails(cause=cause)))
    assert line.cause == (Phrase(found) if found else None)


def test_earlier_sessions_say_who_and_how_they_ended() -> None:
    helped, cancelled = (phrase_session(session) for session in history().sessions)
    assert (helped.technician, helped.associate, helped.outcome.id) == ("Maria Soto", "Anna Lindqvist", "over.stopped")
    assert (cancelled.associate, cancelled.outcome.id) == ("", "event.request_cancelled")


def test_every_character_of_a_code_has_its_own_word(texts: Texts) -> None:
    words = [texts(spelling_id(character)) for character in "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U"]
    assert len(set(words)) == 37


def test_b_and_v_are_cities_in_spanish() -> None:
    texts = open_texts("es")
    assert (texts(spelling_id("B")), texts(spelling_id("V"))) == ("Barcelona", "Valencia")


def test_the_code_is_grouped_four_four_five() -> None:
    assert group_code(CODE) == ("7K3M", "9QBV", "2XH4*")
    assert group_fingerprint("0123456789abcdef" * 4) == "0123 4567 89ab cdef"


@pytest.mark.parametrize(
    ("seconds", "down", "up"),
    [
        (0, "0 s", "0 s"),
        (-5, "0 s", "0 s"),
        (0.4, "1 s", "0 s"),
        (59.2, "1 min", "59 s"),
        (125, "2 min 05 s", "2 min 05 s"),
        (605, "10 min 05 s", "10 min"),
        (3700, "1 h 1 min", "1 h 1 min"),
    ],
)
def test_lengths_of_time(seconds: float, down: str, up: str) -> None:
    texts = open_texts("en")
    assert texts.say(count_down(seconds)) == down
    assert texts.say(count_up(seconds)) == up


def test_a_missing_text_or_value_is_a_bug() -> None:
    texts = open_texts("en")
    with pytest.raises(CallerError):
        texts("no.such.text")
    with pytest.raises(CallerError):
        texts("over.title.request.nothing")
    with pytest.raises(CallerError):
        texts("code.ends")


def test_braces_in_names_are_only_text() -> None:
    assert open_texts("en")("session.title", name="{name} {0}") == "Connected with {name} {0}"


def test_the_phone_number_comes_when_the_server_is_away_for_long() -> None:
    away = after([welcome(), LinkShown(online=False, since_s=19)])
    assert not glance(away, NOW_S).calls_phone
    assert glance(away, NOW_S + 1).calls_phone
    assert glance(away, NOW_S).may_ask
    assert glance(all_states()["ready"], NOW_S).tone is Tone.GOOD


def test_help_cannot_be_asked_through_a_closed_gate() -> None:
    assert not glance(all_states()["gates"], NOW_S).may_ask
    assert not glance(all_states()["away"], NOW_S).may_ask


def test_one_step_is_now_until_the_session() -> None:
    for phase in (RequestPhase.OPENING, RequestPhase.QUEUED, RequestPhase.CLAIMED, RequestPhase.CHECKING):
        states = [step.state for step in steps(after([welcome(), request(phase)]))]
        assert states.count(StepState.NOW) == 1
        assert states == sorted(states, reverse=True)


def test_a_code_is_over_when_dead_used_up_or_out_of_time() -> None:
    live = after([welcome(), request(RequestPhase.QUEUED), code()])
    assert not code_is_over(live, NOW_S + 584)
    assert code_is_over(live, NOW_S + 585)
    assert code_is_over(after([code(attempts_left=0)], live), NOW_S)
    assert code_is_over(after([CodeGone(reason="wrong")], live), NOW_S)


def test_the_primary_monitor_is_chosen_first() -> None:
    assert first_scope(MONITORS) == GrantScope(monitors=(0,))
    assert first_scope(MONITORS[1:]) == GrantScope(monitors=(1,))
    assert first_scope(()) == GrantScope()


def test_the_moment_of_an_end_stays_while_time_passes() -> None:
    """Seconds that run would be a picture a second for who views."""
    assert moment_in(1800, datetime(2026, 3, 1, 14, 2, 30, tzinfo=UTC)) == "14:32"
    assert moment_in(1799, datetime(2026, 3, 1, 14, 2, 31, tzinfo=UTC)) == "14:32"
    assert moment_in(3600, datetime(2026, 3, 1, 23, 59, tzinfo=UTC)) == "00:59"


def at(number: int, x: int, y: int) -> MonitorInfo:
    return MonitorInfo(id=number, name="DP", x_px=x, y_px=y, width_px=100, height_px=100, primary=False)


@pytest.mark.parametrize(
    ("corners", "expected"),
    [
        ([(0, 0)], [None]),
        ([(100, 0), (0, 10)], ["right", "left"]),
        ([(0, 0), (200, 0), (100, 0)], ["left", "right", "middle"]),
        ([(0, 100), (0, 0)], ["bottom", "top"]),
        ([(0, 0), (100, 0), (0, 100), (100, 100)], [None] * 4),
        ([(0, 0), (0, 0)], [None, None]),
    ],
)
def test_screens_are_told_apart_by_where_they_stand(
    texts: Texts, corners: list[tuple[int, int]], expected: list[str | None]
) -> None:
    monitors = tuple(at(number, *corner) for number, corner in enumerate(corners))
    found = [say_place(monitor, monitors) for monitor in monitors]
    assert found == [None if name is None else Phrase(f"prompt.monitor.{name}") for name in expected]
    assert all(texts.say(phrase) for phrase in found if phrase is not None)
