"""The conditions of the table, by name.  Each is one sentence about the machine, the event and now.

The tests remove each in turn and must notice (bench/session/consent.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from benchside.protocol.flow.consent import events as ev
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.desk import PromptKind
from benchside.protocol.wire.input import PointerMove

if TYPE_CHECKING:
    from benchside.protocol.flow.consent.acts import ConsentActs
    from benchside.protocol.flow.consent.slot import Slot

__all__ = ["GUARDS", "Guard"]

Guard = Callable[["ConsentActs", "Slot", ev.CapabilityEvent, float], bool]


def _view_stands(machine: ConsentActs, slot: Slot) -> bool:
    return slot.capability is not Capability.CONTROL or machine.slots[Capability.VIEW].stands


def _is_this_grant(slot: Slot, event: ev.CapabilityEvent) -> bool:
    if not isinstance(event, ev.PictureTaken | ev.InputCame | ev.ChannelStood):
        return False
    return slot.grant is not None and slot.grant.grant == event.grant


def _scope_is_whole(machine: ConsentActs, slot: Slot, event: ev.CapabilityEvent) -> bool:
    """A view names monitors that exist (and perhaps one window on them); control covers what the view covers."""
    if slot.capability is not Capability.VIEW:
        return True
    if not isinstance(event, ev.TechnicianAnswered):
        return False
    return bool(event.scope.monitors) and machine.monitors.issuperset(event.scope.monitors)


def _pointer_is_granted(slot: Slot, event: ev.CapabilityEvent) -> bool:
    if not isinstance(event, ev.InputCame) or slot.grant is None:
        return False
    message = event.message
    return not isinstance(message, PointerMove) or message.monitor in slot.grant.scope.monitors


def _monitors_are_granted(slot: Slot, event: ev.CapabilityEvent) -> bool:
    if not isinstance(event, ev.PictureTaken) or slot.grant is None:
        return False
    return set(event.monitors) <= set(slot.grant.scope.monitors)


GUARDS: Mapping[str, Guard] = {
    # asking
    "not_offered": lambda m, s, e, now: s.capability not in m.offered,
    "asked_too_often": lambda m, s, e, now: s.noes > m.limits.asked_again,
    "asked_too_soon": lambda m, s, e, now: now < s.again_at,
    "needs_view": lambda m, s, e, now: not _view_stands(m, s),
    "line_is_down": lambda m, s, e, now: not m.line_is_up,
    "no_prompt_is_open": lambda m, s, e, now: not m.prompt_is_open,
    # answering
    "is_open_prompt": lambda m, s, e, now: (
        isinstance(e, ev.TechnicianAnswered) and s.prompt != 0 and e.prompt == s.prompt
    ),
    "says_yes": lambda m, s, e, now: isinstance(e, ev.TechnicianAnswered) and e.allow,
    "scope_is_whole": lambda m, s, e, now: _scope_is_whole(m, s, e),
    "within_silence": lambda m, s, e, now: now < s.silence_at,
    "silence_is_over": lambda m, s, e, now: now >= s.silence_at,
    "asks_still_there": lambda m, s, e, now: s.kind is PromptKind.STILL_THERE,
    "is_awaited_entry": lambda m, s, e, now: (
        isinstance(e, ev.EntryStood | ev.EntryFailed) and s.awaited_entry != 0 and e.entry == s.awaited_entry
    ),
    # using
    "is_view": lambda m, s, e, now: s.capability is Capability.VIEW,
    "is_control": lambda m, s, e, now: s.capability is Capability.CONTROL,
    "is_this_grant": lambda m, s, e, now: _is_this_grant(s, e),
    "within_grant": lambda m, s, e, now: now < s.ends_at,
    "grant_is_over": lambda m, s, e, now: now >= s.ends_at,
    "not_paused": lambda m, s, e, now: not m.is_paused,
    "channel_is_up": lambda m, s, e, now: s.channel_is_up,
    "epoch_is_new": lambda m, s, e, now: isinstance(e, ev.ChannelStood) and e.epoch > s.epoch,
    "monitors_are_granted": lambda m, s, e, now: _monitors_are_granted(s, e),
    "pointer_is_granted": lambda m, s, e, now: _pointer_is_granted(s, e),
    # going on
    "renewal_is_due": lambda m, s, e, now: not s.renewal_asked and now >= s.ends_at - m.limits.renew_before_s,
    "still_there_is_due": lambda m, s, e, now: s.capability is Capability.CONTROL and now >= s.still_there_at,
}
