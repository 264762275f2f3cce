"""A pasted text is typed key by key, each with consent, and whatever stops it drops the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import cast

import pytest

from benchside.host.channel import Opened
from benchside.host.hands import ANSWER_WITHIN_S, SILENT_AFTER_S, Hands
from benchside.host.inject.contract import Injector
from benchside.media.damage import Box
from benchside.protocol.errors import PeerError
from benchside.protocol.flow.consent import ConsentGrant
from benchside.protocol.flow.consent.events import InputCame
from benchside.protocol.wire.capability import GrantScope
from benchside.protocol.wire.input import (
    CONTROL,
    MAX_TEXT,
    ControlAlive,
    ControlMessage,
    InputHeld,
    KeyChange,
    PointerButton,
    ReleaseAll,
    TypeText,
    TypingEnd,
    TypingStands,
    WhyHeld,
)


class Desk:
    """An injector that writes down what it is told."""

    def __init__(self) -> None:
        self.typed = ""
        self.down: set[str] = set()
        self.lifted = 0

    def confine(self, areas: Iterable[Box]) -> None:
        pass

    def key(self, key: str, code: str, down: bool) -> None:
        if down:
            self.typed += {"Enter": "\n", "Tab": "\t"}.get(key, key)
            self.down.add(code or key)
        else:
            self.down.discard(code or key)

    def button(self, button: int, down: bool) -> None:
        pass

    def release_all(self) -> None:
        self.lifted += 1
        self.down.clear()


class Grant:
    grant = b"g" * 16

    def __init__(self, *, paste: bool) -> None:
        self.scope = GrantScope(monitors=(0,), paste=paste)


class Stage:
    """Hands on a clock that the test turns; consent says yes while `may_act`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, paste: bool = True) -> None:
        self._loop = asyncio.get_running_loop()
        self._timers: list[tuple[float, asyncio.TimerHandle]] = []
        self.now_s = 100.0
        monkeypatch.setattr(self._loop, "time", lambda: self.now_s)
        self.desk = Desk()
        self.said: list[ControlMessage] = []
        self.may_act = True
        self._grant = cast(ConsentGrant, Grant(paste=paste))
        self.hands = Hands(
            self._grant,
            cast(Opened, self),
            cast(Injector, self.desk),
            lambda: (),
            lambda: (),
            self._permit,
            lambda: None,
        )

    def _permit(self, event: InputCame) -> None:
        if self.may_act:
            self.hands.act(self._grant, event.message)

    def send(self, plain: bytes) -> None:
        self.said.append(CONTROL.decode(plain))

    def take(self, message: ControlMessage) -> None:
        self.hands.take(CONTROL.encode(message))

    async def pass_time(self, seconds: float, *, alive: bool = True) -> None:
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            if alive:
                self.take(ControlAlive())
            self.now_s = min(self.now_s + 0.004, until_s)
            for _ in range(3):
                await asyncio.sleep(0)

    @property
    def stands(self) -> list[TypingStands]:
        return [each for each in self.said if isinstance(each, TypingStands)]

    @property
    def ends(self) -> list[TypingEnd]:
        return [each.end for each in self.stands if each.end is not None]


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(monkeypatch)


async def test_a_text_is_typed_and_its_progress_told(stage: Stage) -> None:
    text = "Rack 7:\tLösung 5 µl, 試薬 😀\n" * 8
    stage.take(TypeText(text))
    await stage.pass_time(1.0)
    assert 0 < len(stage.desk.typed) < len(text)
    assert text.startswith(stage.desk.typed)
    await stage.pass_time(10.0)
    assert stage.desk.typed == text
    assert not stage.desk.down
    assert stage.stands[-1] == TypingStands(len(text), len(text), TypingEnd.DONE)
    typed = [each.typed for each in stage.stands]
    assert typed == sorted(typed)
    assert len(typed) > 4


async def test_the_longest_text_takes_less_than_a_minute(stage: Stage) -> None:
    stage.take(TypeText("x" * MAX_TEXT))
    await stage.pass_time(60.0)
    assert stage.ends == [TypingEnd.DONE]


async def test_it_is_refused_politely_without_the_lab_s_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, paste=False)
    stage.take(TypeText("abc"))
    await stage.pass_time(1.0)
    assert stage.ends == [TypingEnd.NOT_GRANTED]
    assert not stage.desk.typed


@pytest.mark.parametrize("text", ["a\x1bb", "\r\n", "\x7f", "\u0080", "\ue000", "\U000fffff", "a\x00"])
async def test_what_no_key_means_is_refused(stage: Stage, text: str) -> None:
    stage.take(TypeText(text))
    await stage.pass_time(0.5)
    assert stage.ends == [TypingEnd.BAD_TEXT]
    assert not stage.desk.typed


async def test_a_second_text_waits_for_nobody(stage: Stage) -> None:
    stage.take(TypeText("first " * 5))
    await stage.pass_time(0.1)
    stage.take(TypeText("second"))
    await stage.pass_time(2.0)
    assert stage.ends == [TypingEnd.BUSY, TypingEnd.DONE]
    assert stage.desk.typed == "first " * 5


@pytest.mark.parametrize(
    "message",
    [TypeText(""), KeyChange("Escape", "Escape", True), PointerButton(1, True)],
    ids=lambda m: type(m).__name__,
)
async def test_the_associate_stops_it(stage: Stage, message: ControlMessage) -> None:
    stage.take(TypeText("word " * 100))
    await stage.pass_time(0.5)
    stage.take(message)
    typed = stage.desk.typed.removesuffix("Escape")
    await stage.pass_time(2.0)
    assert stage.ends == [TypingEnd.STOPPED]
    assert stage.desk.typed.removesuffix("Escape") == typed
    assert typed != "word " * 100


async def test_a_lost_focus_does_not_stop_it(stage: Stage) -> None:
    stage.take(TypeText("word " * 10))
    await stage.pass_time(0.2)
    stage.take(ReleaseAll())
    await stage.pass_time(2.0)
    assert stage.ends == [TypingEnd.DONE]


async def test_consent_is_asked_for_each_key(stage: Stage) -> None:
    stage.take(TypeText("word " * 100))
    await stage.pass_time(0.5)
    typed, stage.may_act = stage.desk.typed, False
    await stage.pass_time(0.5)
    stage.may_act = True
    await stage.pass_time(3.0)
    assert stage.desk.typed == typed, "dropped, not kept for later"
    assert stage.ends == [TypingEnd.STOPPED]


async def test_a_prompt_or_pause_drops_the_rest(stage: Stage) -> None:
    stage.take(TypeText("word " * 100))
    await stage.pass_time(0.5)
    typed = stage.desk.typed
    stage.hands.say_held(WhyHeld.PROMPT)
    stage.hands.say_held(WhyHeld.NOTHING)
    await stage.pass_time(3.0)
    assert stage.desk.typed == typed
    assert stage.ends == [TypingEnd.STOPPED]
    assert [each.why for each in stage.said if isinstance(each, InputHeld)] == [WhyHeld.PROMPT, WhyHeld.NOTHING]


async def test_the_end_of_the_grant_ends_it(stage: Stage) -> None:
    stage.take(TypeText("word " * 100))
    await stage.pass_time(0.5)
    typed = stage.desk.typed
    stage.hands.stop()
    await stage.pass_time(3.0, alive=False)
    assert stage.desk.typed == typed


async def test_silence_lifts_once_and_ends_a_text(stage: Stage) -> None:
    stage.take(KeyChange("a", "KeyA", True))
    await stage.pass_time(5.0)
    assert stage.desk.down == {"KeyA"}, "somebody is there"
    await stage.pass_time(SILENT_AFTER_S + 0.05, alive=False)
    assert not stage.desk.down
    lifted = stage.desk.lifted
    await stage.pass_time(10.0, alive=False)
    assert stage.desk.lifted == lifted
    stage.take(TypeText("word " * 100))
    await stage.pass_time(SILENT_AFTER_S + 0.05, alive=False)
    typed = stage.desk.typed
    await stage.pass_time(3.0, alive=False)
    assert stage.desk.typed == typed
    assert stage.ends == [TypingEnd.STOPPED]


async def test_a_word_gets_a_word_and_silence_none(stage: Stage) -> None:
    await stage.pass_time(5.0, alive=False)
    assert not stage.said
    stage.take(KeyChange("a", "KeyA", True))
    await stage.pass_time(ANSWER_WITHIN_S + 0.05, alive=False)
    assert stage.said == [ControlAlive()]
    await stage.pass_time(10.0, alive=False)
    assert stage.said == [ControlAlive()]
    await stage.pass_time(10.0)
    assert len(stage.said) <= 22


async def test_a_console_may_not_say_what_a_pc_says(stage: Stage) -> None:
    with pytest.raises(PeerError):
        stage.take(TypingStands(0, 1, None))
