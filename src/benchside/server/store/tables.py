"""All tables of each plane, for whoever compares them with what the scripts made."""

from __future__ import annotations

from sqlalchemy import MetaData

from benchside.server.access.delays import Delay
from benchside.server.accounts.model import Account, SignIn
from benchside.server.administration.model import Group, Membership, Person, TrainingRecord
from benchside.server.alerts.model import AlertChannel, AlertItem, AlertMark
from benchside.server.audit.model import Event, JournalHead, Session
from benchside.server.broker.model import Agreement, Request
from benchside.server.enrolment.model import Customer, Device, Instrument, KnownModel, Site, Token
from benchside.server.gateway.model import JournalNoted
from benchside.server.identity.model import DeviceChain, HeldInstance
from benchside.server.location.model import KnownLocation, LocationLink, NewLocation
from benchside.server.mail.model import Mail
from benchside.server.notices.advisory_model import Advisory, AdvisoryAnswer, AdvisoryReached
from benchside.server.notices.model import KeptChange, KeptCondition, NoticeCursor
from benchside.server.policy.model import InstalledPolicy, InstalledRotation, PinnedAuthority
from benchside.server.presence.model import OnlineSpan
from benchside.server.sso.model import ProviderIdentity, ProviderLogout, ProviderSession
from benchside.server.store.planes import CloudTable, SessionTable

__all__ = ["CLOUD", "SESSION", "TABLES"]

TABLES = (
    (Account, SignIn, ProviderIdentity, ProviderSession, ProviderLogout),
    (Delay, Site, Token, KnownModel, Device, Instrument),
    (Request, Agreement),
    (Customer, Person, Group, Membership, TrainingRecord),
    (DeviceChain, HeldInstance, JournalNoted),
    (PinnedAuthority, InstalledPolicy, InstalledRotation),
    (Mail, KnownLocation, NewLocation, LocationLink),
    (NoticeCursor, KeptChange, KeptCondition, Advisory, AdvisoryAnswer, AdvisoryReached),
    (AlertChannel, AlertItem, AlertMark),
    (Session, Event, JournalHead, OnlineSpan),
)
CLOUD: MetaData = CloudTable.metadata
SESSION: MetaData = SessionTable.metadata
