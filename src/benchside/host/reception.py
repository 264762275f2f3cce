"""Who may come in: the code of the moment, the policy as it is now, and the visitor once there is one."""

from __future__ import annotations

import os

from benchside.host.agent import AgentSide
from benchside.host.channel import Opened, PairedLink
from benchside.host.moment import local_moment
from benchside.host.visit import Outcome, receive_visitor
from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.flow.entry import Established, Visitor
from benchside.protocol.trust.admission import Moment, Place
from benchside.protocol.trust.code import CODE_RANDOM_BYTES, code_from_random, read_code
from benchside.protocol.trust.handshake import Meeting
from benchside.protocol.trust.policy import AuthorityPin, Policy, read_policy
from benchside.protocol.trust.schedule import ChannelNonces, SessionKeys
from benchside.protocol.trust.ticket import TICKET_SKEW_MS, TicketFor, check_ticket, match_ticket
from benchside.protocol.wire.channel import Channel, Role
from benchside.protocol.wire.desk import AssociateShown
from benchside.protocol.wire.host import BeginHosting

__all__ = ["Reception"]

MAX_USED_TICKETS = 256
"""Tickets of a minute: three channels that come back three times a second."""


class Reception:
    """Belief about the other end of one session.  What a prompt says of a person comes from here."""

    def __init__(self, begin: BeginHosting) -> None:
        """PeerError or RefusedError when the agent handed over a policy that its own authority did not sign."""
        self._begin = begin
        self._pin = AuthorityPin(key=begin.authority_key)
        self._policy: Policy = read_policy(begin.policy, self._pin, at_least_version=1)
        models = tuple(instrument.model for instrument in begin.instruments)
        self._place = Place(region=begin.region, site=begin.site, models=models, rules=begin.rules)
        self._code = b""
        self._used: dict[bytes, int] = {}
        self.visitor: Visitor | None = None

    def make_code(self) -> str:
        """Return a fresh code of 13 characters; the one before is forgotten."""
        code = code_from_random(os.urandom(CODE_RANDOM_BYTES))
        self._code = read_code(code)
        return code

    @property
    def has_code(self) -> bool:
        """True while there is a code that could be tried."""
        return bool(self._code)

    def forget_code(self) -> None:
        """The code is worth nothing any more."""
        self._code = b""

    async def receive(self, paired: PairedLink, agent: AgentSide) -> Outcome:
        """Run the handshake with whoever came; the link is closed unless it ended well.  May be cancelled."""
        code = self._code
        return await receive_visitor(
            paired,
            agent,
            meeting=Meeting(request_id=self._begin.request_id, device_id=self._begin.device_id),
            identity_key=self._begin.identity_key,
            code=code,
            policy=self._policy,
            place=self._place,
            is_current=lambda: bool(code) and self._code == code,
        )

    def welcome(self, paired: PairedLink, established: Established) -> tuple[SessionKeys, Opened]:
        """Remember the visitor; return the session's keys and `main` in its first epoch."""
        self.visitor = established.visitor
        keys = SessionKeys(request_id=self._begin.request_id, role=Role.PC, master=established.master)
        pc_nonce, console_nonce = established.visitor.nonces
        nonces = ChannelNonces(pc=pc_nonce, console=console_nonce)
        sealer, opener = keys.channel(Channel.MAIN, keys.main, epoch=0, nonces=nonces)
        return keys, Opened(Channel.MAIN, paired.link, sealer, opener, 0)

    def shown(self) -> AssociateShown | None:
        """The visitor as the policy knows them, for prompts and indicator."""
        if self.visitor is None:
            return None
        second = None if self.visitor.second is None else self._policy.associate(self.visitor.second)
        return AssociateShown(
            name=self.visitor.entry.name,
            organisation=self.visitor.entry.organisation,
            second=None if second is None else second.name,
        )

    def check_ticket(self, ticket: bytes, channel: Channel, server_ahead_ms: int) -> None:
        """Each connection checks access again: ticket, and the policy as it is now.  RefusedError."""
        if self.visitor is None:
            raise RefusedError(Refusal.NOT_IN_POLICY, "expected a known associate, got nobody")
        now = local_moment()
        payload = check_ticket(
            ticket, ticket_keys=self._policy.ticket_keys, relay=None, now_utc_ms=now.utc_ms + server_ahead_ms
        )
        wanted = TicketFor(
            request_id=self._begin.request_id,
            device_id=self._begin.device_id,
            role=Role.CONSOLE,
            channel=channel,
            key=self.visitor.key,
        )
        match_ticket(payload, wanted)
        self._use_up(payload.serial, payload.expires_utc_ms, now.utc_ms + server_ahead_ms)
        self._admit(self.visitor, now)

    def change_policy(self, signed: bytes) -> None:
        """Take a newer policy; PeerError or RefusedError when it is not signed by the authority, or older."""
        self._policy = read_policy(signed, self._pin, at_least_version=self._policy.version)

    def still_admits_visitor(self) -> bool:
        """False once the policy no longer covers the visitor: taken out, expired, or out of scope."""
        if self.visitor is None:
            return True
        try:
            self._admit(self.visitor, local_moment())
        except RefusedError:
            return False
        return True

    def _use_up(self, serial: bytes, expires_utc_ms: int, now_utc_ms: int) -> None:
        """A ticket opens one connection, also where a relay shows it again."""
        self._used = {known: until for known, until in self._used.items() if until > now_utc_ms}
        if serial in self._used or len(self._used) >= MAX_USED_TICKETS:
            raise RefusedError(Refusal.TICKET_USED, "expected a ticket that was not used yet, got one again")
        self._used[serial] = expires_utc_ms + TICKET_SKEW_MS

    def _admit(self, visitor: Visitor, now: Moment) -> None:
        self._policy.admit(visitor.key, associate_id=visitor.entry.id, place=self._place, now=now)
