"""Consent: short walks with the judge, every guard, and the sentences of the design one by one."""

from __future__ import annotations

import pytest
from bench.session.consent import tables_without_one_guard
from bench.session.scripts import CONTROL, ONE, VIEW, Stagehand, breaches_of
from bench.session.walk import Walk

from benchside.protocol.errors import CallerError, Refusal
from benchside.protocol.flow.consent import ConsentGrant
from benchside.protocol.flow.consent import effects as fx
from benchside.protocol.flow.consent import events as ev
from benchside.protocol.flow.consent.table import TABLE, Stage
from benchside.protocol.wire.capability import Capability, GrantScope
from benchside.protocol.wire.input import KeyChange, WhyHeld
from benchside.protocol.wire.session import CapabilityGranted, CapabilityRefused, GrantEnded, SessionEnd


@pytest.fixture
def stage() -> Stagehand:
    return Stagehand(TABLE)


def refusals(effects: list[fx.ConsentEffect]) -> list[Refusal]:
    told = [effect.message for effect in effects if isinstance(effect, fx.TellConsole)]
    return [message.reason for message in told if isinstance(message, CapabilityRefused)]


def test_every_pair_of_stage_and_event_is_in_the_table_and_ends_in_a_last_resort() -> None:
    events = ev.CapabilityEvent.__args__
    assert set(TABLE) == {(known, event) for known in Stage for event in events}
    asking = {cell for cell in TABLE if TABLE[cell][-1].guards}
    assert not asking


@pytest.mark.slow
def test_a_walk_leaks_nothing_and_sees_every_cell() -> None:
    result = Walk(seed=1).run(200_000)
    assert result.leaks == 0
    assert result.breaches == {}
    assert result.unvisited == []


@pytest.mark.slow
def test_each_guard_that_is_removed_is_missed() -> None:
    assert breaches_of() == []
    tables = list(tables_without_one_guard())
    assert len(tables) > 40
    for name, table in tables:
        missed = breaches_of(table) or Walk(7, table).run(60_000, stop_at_breach=True).breaches
        assert missed, name


def test_nobody_else_can_make_a_grant() -> None:
    with pytest.raises(CallerError):
        ConsentGrant(Capability.VIEW, bytes(16), ONE, object())


def test_nothing_is_granted_before_the_journal_has_it(stage: Stagehand) -> None:
    stage.ask(0, VIEW)
    stage.answer(1, VIEW, allow=True)
    assert stage.machine.slots[VIEW].grant is None
    effects = stage.do(1, ev.EntryFailed(VIEW, stage.machine.slots[VIEW].awaited_entry))
    assert refusals(effects) == [Refusal.JOURNAL]
    assert stage.machine.slots[VIEW].grant is None


def test_a_minute_of_silence_is_a_no_and_the_question_may_come_twice_more(stage: Stagehand) -> None:
    for asked, at in enumerate((0.0, 130.0, 260.0)):
        stage.ask(at, VIEW)
        effects = stage.do(at + 60, ev.MomentCame(VIEW))
        assert refusals(effects) == [Refusal.SILENCE]
        told = next(effect.message for effect in effects if isinstance(effect, fx.TellConsole))
        assert isinstance(told, CapabilityRefused)
        assert told.again_in_s == (60 if asked < 2 else None)
        assert refusals(stage.do(at + 61, ev.ConsoleAsked(VIEW, "x"))) == [
            Refusal.ASKED_TOO_SOON if asked < 2 else Refusal.ASKED_TOO_OFTEN
        ]
    assert refusals(stage.do(9999, ev.ConsoleAsked(VIEW, "x"))) == [Refusal.ASKED_TOO_OFTEN]


def test_what_this_pc_does_not_offer_is_refused_without_a_prompt(stage: Stagehand) -> None:
    effects = stage.do(0, ev.ConsoleAsked(Capability.FILES, "x"))
    assert refusals(effects) == [Refusal.NOT_AUTHORISED]
    assert not any(isinstance(effect, fx.AskTechnician) for effect in effects)


def test_stop_destroys_every_key_before_anything_else(stage: Stagehand) -> None:
    stage.grant(0, VIEW, 1)
    stage.grant(1, CONTROL, 2)
    effects = stage.do(2, ev.SessionOver(SessionEnd.STOPPED))
    assert [type(effect) for effect in effects[:3]] == [fx.DropGrant, fx.DropGrant, fx.LiftInput]
    assert stage.machine.standing(2) == ()


def test_input_is_held_back_and_lifted_while_a_prompt_is_open(stage: Stagehand) -> None:
    stage.grant(0, VIEW, 1)
    name = stage.grant(1, CONTROL, 2)
    key = ev.InputCame(CONTROL, name, KeyChange("a", "KeyA", True))
    assert any(isinstance(effect, fx.Inject) for effect in stage.do(2, key))
    effects = stage.do(1500, ev.MomentCame(VIEW))
    assert fx.LiftInput() == effects[0]
    assert fx.HoldInput(WhyHeld.PROMPT) in effects
    assert stage.do(1501, key) == []
    stage.answer(1502, VIEW, allow=True)
    assert any(isinstance(effect, fx.Inject) for effect in stage.do(1503, key))


def test_control_ends_with_its_view(stage: Stagehand) -> None:
    stage.grant(0, VIEW, 1)
    stage.grant(1, CONTROL, 2)
    effects = stage.do(2, ev.TechnicianRevoked(VIEW))
    ended = [
        effect.message.capability
        for effect in effects
        if isinstance(effect, fx.TellConsole) and isinstance(effect.message, GrantEnded)
    ]
    assert ended == [VIEW, CONTROL]


def test_a_window_is_shared_on_the_monitors_that_it_lies_on(stage: Stagehand) -> None:
    stage.ask(0, VIEW)
    prompt = stage.machine.slots[VIEW].prompt
    stage.do(1, ev.TechnicianAnswered(VIEW, prompt, True, GrantScope(monitors=(0,), window=7)))
    effects = stage.do(1, ev.EntryStood(VIEW, stage.machine.slots[VIEW].awaited_entry, bytes(48)))
    opened = next(effect for effect in effects if isinstance(effect, fx.OpenChannel))
    assert opened.grant.scope.window == 7


def test_a_question_goes_down_with_the_line_and_may_be_asked_again_soon(stage: Stagehand) -> None:
    stage.ask(0, VIEW)
    assert any(isinstance(effect, fx.UnaskTechnician) for effect in stage.do(1, ev.LineFell()))
    assert refusals(stage.do(5, ev.LineStood())) == [Refusal.WAIT]
    assert refusals(stage.do(6, ev.ConsoleAsked(VIEW, "x"))) == [Refusal.ASKED_TOO_SOON]
    stage.ask(11, VIEW)
    assert stage.machine.prompt_is_open


def test_a_question_that_is_taken_back_cannot_be_made_to_flash(stage: Stagehand) -> None:
    now, shown = 0.0, 0
    while now < 600:
        effects = stage.do(now, ev.ConsoleAsked(VIEW, "x"))
        if any(isinstance(effect, fx.Record) for effect in effects) and not refusals(effects):
            entry = stage.machine.slots[VIEW].awaited_entry
            shown += any(isinstance(e, fx.AskTechnician) for e in stage.do(now, ev.EntryStood(VIEW, entry, bytes(48))))
            stage.do(now, ev.ConsoleGaveBack(VIEW))
        now += 0.5
    assert shown == 9  # three times three, ten seconds apart, and each third is a no
    assert refusals(stage.do(now, ev.ConsoleAsked(VIEW, "x"))) == [Refusal.ASKED_TOO_OFTEN]


def granted(stage: Stagehand, at: float, capability: Capability, scope: GrantScope) -> tuple[GrantScope, GrantScope]:
    """The scope of the grant, and the one that the console is told."""
    stage.ask(at, capability)
    slot = stage.machine.slots[capability]
    stage.do(at, ev.TechnicianAnswered(capability, slot.prompt, True, scope))
    effects = stage.do(at, ev.EntryStood(capability, slot.awaited_entry, bytes(48)))
    opened = next(effect for effect in effects if isinstance(effect, fx.OpenChannel))
    told = next(effect.message for effect in effects if isinstance(effect, fx.TellConsole))
    assert isinstance(told, CapabilityGranted)
    return opened.grant.scope, told.scope


def test_pasting_comes_with_control_alone_and_only_where_the_technician_said_so(stage: Stagehand) -> None:
    view, told = granted(stage, 0, VIEW, GrantScope(monitors=(0,), paste=True))
    assert (view.paste, told.paste) == (False, False)
    control, told = granted(stage, 1, CONTROL, GrantScope(paste=True))
    assert control == GrantScope(monitors=(0,), paste=True)
    assert told == GrantScope(monitors=(0,), paste=True)
    stage.do(2, ev.TechnicianRevoked(CONTROL))
    control, told = granted(stage, 100, CONTROL, GrantScope())
    assert (control.paste, told.paste) == (False, False)


def test_the_journal_says_that_text_may_be_pasted(stage: Stagehand) -> None:
    stage.grant(0, VIEW, 1)
    stage.ask(1, CONTROL)
    prompt = stage.machine.slots[CONTROL].prompt
    effects = stage.do(1, ev.TechnicianAnswered(CONTROL, prompt, True, GrantScope(paste=True)))
    recorded = next(effect for effect in effects if isinstance(effect, fx.Record))
    assert recorded.details.scope == "monitors 1; pasting text"
