"""The desk's side of its conversation with the agent: takes messages in, sends what the technician does.

Every change of what is known is told to the watchers with the new state.  No method waits.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

from benchside.desk.models.state import Contact, DeskState, learn, lose_agent, seek_agent
from benchside.protocol.errors import PeerError
from benchside.protocol.wire.capability import Capability, GrantScope
from benchside.protocol.wire.condition import ConditionTold
from benchside.protocol.wire.cover import DesktopBox
from benchside.protocol.wire.desk import (
    DESK_VERSION,
    AnswerPrompt,
    BoxInWindow,
    CancelRequest,
    CoversWanted,
    DeskAlive,
    DeskHello,
    DeskMessage,
    DeskWelcome,
    HistoryWanted,
    IndicatorGone,
    IndicatorShown,
    NewCode,
    OpenRequest,
    RevokeGrant,
    SetAssay,
    SetCovers,
    SetPaused,
    StopSession,
)
from benchside.protocol.wire.text import clean

__all__ = ["Conversation"]

MAX_NAME = 80
MAX_REASON = 1000
"""As the wire allows (wire/text.py: Name, Paragraph); the fields on the page stop there."""

_log = logging.getLogger(__name__)


class Conversation:
    """What is known of the agent's world, and each thing that the technician may do about it."""

    def __init__(
        self,
        *,
        send: Callable[[DeskMessage], None],
        clock: Callable[[], float],
        locale: str,
        display: Mapping[str, str],
        phone: str = "",
    ) -> None:
        """`send` drops what it cannot send; `display` is what the host needs to find this screen."""
        self._send = send
        self._clock = clock
        self._hello = DeskHello(version=DESK_VERSION, locale=locale, display=dict(display))
        self._watchers: list[Callable[[DeskState], None]] = []
        self.state = seek_agent(phone)

    def watch(self, changed: Callable[[DeskState], None]) -> None:
        """Call `changed` with each new state from now on."""
        self._watchers.append(changed)

    # what the link says

    def connected(self) -> None:
        """The socket is open: say who we are; the agent's welcome comes next."""
        self._send(self._hello)

    def disconnected(self) -> None:
        """The socket is gone, and with it whatever ran; INVARIANT: no prompt and no code outlives it."""
        self._become(lose_agent(self.state))

    def received(self, message: DeskMessage) -> None:
        """Take a message in; PeerError when the agent may not say it now (the link then hangs up)."""
        try:
            state = learn(self.state, message, self._clock())
        except PeerError:
            _log.exception("the agent broke the order of the conversation")
            raise
        _log.debug("learned", extra={"message_type": type(message).__name__})
        if isinstance(message, DeskWelcome) and state.contact is Contact.OTHER_VERSION:
            _log.error("the agent answers in version %d, expected %d", message.version, DESK_VERSION)
        self._become(state)

    # what the technician does

    def request_help(
        self, *, technician: str, reason: str, instrument: str, condition: ConditionTold | None = None
    ) -> bool:
        """Ask for help; False, and nothing is sent, when name or reason is empty once cleaned."""
        name, why = clean(technician, MAX_NAME), clean(reason, MAX_REASON)
        if not name or not why:
            return False
        self._send(OpenRequest(technician=name, reason=why, instrument=instrument, condition=condition))
        return True

    def cancel_request(self) -> None:
        """Take the request back."""
        self._send(CancelRequest())

    def make_new_code(self) -> None:
        """Have another code made in place of the dead one."""
        self._send(NewCode())

    def answer_prompt(self, prompt: int, *, allow: bool, scope: GrantScope) -> None:
        """Send the technician's answer, if `prompt` is the one that is open; each is answered once."""
        if self.state.prompt is None or self.state.prompt.message.prompt != prompt:
            return
        self._send(AnswerPrompt(prompt=prompt, allow=allow, scope=scope if allow else GrantScope()))

    def forget_outcome(self) -> None:
        """The technician has read how the last session ended, or why something was refused."""
        self._become(replace(self.state, outcome=None, refused=None))

    def stop_session(self) -> None:
        """End everything at once."""
        self._send(StopSession())

    def pause(self) -> None:
        """Hold picture and input back, if there is a session; never the other way round, so any key may do it."""
        if self.state.is_in_session:
            self.set_paused(True)

    def set_paused(self, paused: bool) -> None:
        """Hold picture and input back, or let them go on."""
        self._send(SetPaused(paused=paused))

    def set_covers(self, areas: tuple[DesktopBox, ...]) -> None:
        """Cover these places by hand from now on, and no others."""
        self._send(SetCovers(areas=areas))
        self._become(replace(self.state, covered_by_hand=areas))

    def want_covers(self) -> None:
        """Ask what is covered now, by rule too."""
        self._send(CoversWanted())

    def set_assay(self, running: bool) -> None:
        """Say whether a run is in progress on the instrument."""
        if running != self.state.assay_running:
            self._send(SetAssay(running=running))

    def revoke(self, capability: Capability) -> None:
        """End one grant."""
        self._send(RevokeGrant(capability=capability))

    def show_indicator(self, window: int, stop: BoxInWindow | None = None) -> None:
        """Tell which native window the indicator is, and where in it the Stop button."""
        self._send(IndicatorShown(window=window, stop=stop))

    def hide_indicator(self) -> None:
        """Tell that the indicator was taken down because nobody views or controls."""
        self._send(IndicatorGone())

    def stay_alive(self) -> None:
        """Show that the window thread runs."""
        self._send(DeskAlive())

    def want_history(self, *, earlier: bool = False) -> None:
        """Ask for the newest page of earlier sessions, or for the page before what is known."""
        known = self.state.history
        before: int | None = None
        if earlier and known is not None:
            before = min((event.sequence for s in known.sessions for event in s.events), default=None)
        self._send(HistoryWanted(before=before))

    def _become(self, state: DeskState) -> None:
        if state != self.state:
            self.state = state
            for changed in tuple(self._watchers):
                changed(state)
