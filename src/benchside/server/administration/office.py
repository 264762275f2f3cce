"""Everything that administrators work with, in one place, and what they propose to the authority."""

from __future__ import annotations

from sqlalchemy import select

from benchside.protocol.wire.audit import EventDetails
from benchside.server.accounts.model import Account
from benchside.server.administration.draft import Entered, propose, waiting
from benchside.server.administration.duties import Duties, duties_of
from benchside.server.administration.imports import Imports
from benchside.server.administration.people import People
from benchside.server.administration.places import Places
from benchside.server.administration.tokens import TokenOffice
from benchside.server.audit.kind import SERVER, ServerKind
from benchside.server.authority.proposal import PROPOSAL, Change, Proposal
from benchside.server.clock import NowUtcMs
from benchside.server.parts import Parts

__all__ = ["Administration"]


class Administration:
    """Made once for a server."""

    def __init__(self, parts: Parts, link_url: str) -> None:
        self._parts = parts
        self._now: NowUtcMs = parts.now
        self.link_url = link_url
        self.people = People(parts.cloud, parts.ledger, parts.now)
        self.places = Places(parts.cloud, parts.ledger, parts.now)
        self.imports = Imports(self.people, self.places)
        self.register = parts.register
        self.tokens = TokenOffice.of(parts)

    async def duties_of(self, account: str) -> Duties:
        """What an account is on the server at this moment."""
        return await duties_of(self._parts.cloud, account, self._now)

    async def entered(self) -> Entered:
        """Everything that was entered, as it is now."""
        async with self._parts.cloud.read() as rows:
            found = await rows.execute(select(Account.id, Account.key_fingerprint).where(~Account.disabled))
            keys = {account: key for account, key in found if key is not None}
        return Entered(
            people=await self.people.all(),
            groups=await self.people.groups(),
            sites=await self.places.sites(),
            keys=keys,
        )

    async def accounts(self) -> set[str]:
        """Who has an account; the others have not signed in yet."""
        async with self._parts.cloud.read() as rows:
            return set(await rows.scalars(select(Account.id)))

    async def account_of(self, person: str) -> tuple[bool, bytes | None]:
        """Whether one person has an account, and the fingerprint of their key where it counts."""
        async with self._parts.cloud.read() as rows:
            query = select(Account.key_fingerprint, Account.disabled).where(Account.id == person)
            found = (await rows.execute(query)).first()
        return found is not None, None if found is None or found.disabled else found.key_fingerprint

    async def waiting(self) -> list[Change]:
        """What the authority has not signed yet."""
        policy = self._parts.keeper.policy
        return waiting(await self._proposal(), policy.payload if policy else None)

    async def propose(self, by: str) -> bytes:
        """Return the proposal as `benchside authority review` takes it."""
        proposal = await self._proposal()
        await self._parts.ledger.record(SERVER, ServerKind.PROPOSAL_MADE, EventDetails(associate=by))
        return PROPOSAL.encode(proposal)

    async def _proposal(self) -> Proposal:
        return propose(await self.entered(), self._parts.settings.region, self._now())
