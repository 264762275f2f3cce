"""The parts that every command on a data folder needs: both planes, the log, the policy, accounts and devices."""

from __future__ import annotations

from dataclasses import dataclass

from benchside.server.access.delays import Delays
from benchside.server.accounts.addresses import Addresses
from benchside.server.accounts.key_mails import KeyMails
from benchside.server.accounts.password import Passwords
from benchside.server.accounts.service import Accounts
from benchside.server.accounts.sign_ins import SignIns
from benchside.server.audit.ledger import Ledger
from benchside.server.audit.refusals import Refusals
from benchside.server.audit.sessions import Sessions
from benchside.server.bus.memory import MemoryBus
from benchside.server.clock import NowUtcMs
from benchside.server.enrolment.register import Register
from benchside.server.identity.keeper import DeviceKeeper
from benchside.server.keys.folder import CloudKeys, Folder, SessionKeys
from benchside.server.mail.outbox import Outbox
from benchside.server.mail.texts import open_texts
from benchside.server.notices.intake import Intake
from benchside.server.policy.keeper import PolicyKeeper
from benchside.server.settings import ServerSettings
from benchside.server.store.database import Database
from benchside.server.store.migrate import upgrade

__all__ = ["Parts"]


@dataclass(frozen=True)
class Parts:
    """Made from the folder; closed at the end."""

    settings: ServerSettings
    cloud_keys: CloudKeys
    session_keys: SessionKeys
    cloud: Database
    session: Database
    bus: MemoryBus
    ledger: Ledger
    refusals: Refusals
    sessions: Sessions
    delays: Delays
    keeper: PolicyKeeper
    register: Register
    identities: DeviceKeeper
    sign_ins: SignIns
    accounts: Accounts
    addresses: Addresses
    outbox: Outbox
    """What is put in goes out where `settings.smtp` is set, and waits otherwise."""
    intake: Intake
    now: NowUtcMs

    @classmethod
    async def open(
        cls, folder: Folder, settings: ServerSettings, now: NowUtcMs, passwords: Passwords | None = None
    ) -> Parts:
        """Read the keys, open both databases and bring their tables to the newest form."""
        cloud_keys, session_keys = folder.read_cloud_keys(), folder.read_session_keys()
        cloud = Database.open(settings.cloud_database or folder.database_url("cloud"), cloud_keys.data)
        session = Database.open(settings.session_database or folder.database_url("session"), session_keys.data)
        await upgrade(cloud, "cloud")
        await upgrade(session, "session")
        bus = MemoryBus()
        ledger = Ledger(session, now)
        refusals = Refusals(ledger, now)
        delays = Delays(cloud, cloud_keys.lookup, now)
        addresses = Addresses(cloud, ledger)
        outbox = Outbox(cloud, ledger, open_texts, settings.mail_from.rpartition("@")[2] or "localhost", now)
        key_mails = KeyMails(addresses, outbox, settings.server_name) if settings.smtp else None
        sign_ins = SignIns(cloud, bus, now, asks_location=settings.asks_location)
        return cls(
            settings=settings,
            cloud_keys=cloud_keys,
            session_keys=session_keys,
            cloud=cloud,
            session=session,
            bus=bus,
            ledger=ledger,
            refusals=refusals,
            sessions=Sessions(session),
            delays=delays,
            keeper=PolicyKeeper(cloud, ledger, bus, now),
            register=Register(cloud, ledger, settings.region, now),
            identities=DeviceKeeper(cloud, ledger, now),
            sign_ins=sign_ins,
            accounts=Accounts(cloud, ledger, refusals, sign_ins, passwords or Passwords(), delays, now, key_mails),
            addresses=addresses,
            outbox=outbox,
            intake=Intake(cloud, refusals, bus, now),
            now=now,
        )

    async def close(self) -> None:
        """Close both databases."""
        await self.cloud.close()
        await self.session.close()
