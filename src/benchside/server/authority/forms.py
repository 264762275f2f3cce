"""The words of `benchside authority` that name people and sites: from flags to entries, and how they are shown."""

from __future__ import annotations

import argparse
import datetime

from benchside.protocol.errors import UnavailableError
from benchside.protocol.trust.keys import parse_fingerprint, show_fingerprint
from benchside.protocol.wire.policy import AssociateEntry, AssociateRole, Scope, SiteEntry, SiteRules, Training
from benchside.server.authority.proposal import Change
from benchside.settings.hours import read_all_hours, show_hours
from benchside.settings.toml import SettingError

__all__ = [
    "add_associate_flags",
    "add_site_flags",
    "associate_of",
    "show_associate",
    "show_change",
    "show_site",
    "site_of",
]

_DAY_MS = 24 * 3600_000
_END_OF_TIME_MS = 253_402_300_799_999
"""The last moment that a policy can name: a training that never ends comes as 9999-12-31."""


def add_associate_flags(word: argparse.ArgumentParser) -> None:
    """Flags that say who an associate is, and where they may help."""
    word.add_argument("--id", required=True, help="the associate's account")
    word.add_argument("--name", required=True)
    word.add_argument("--organisation", required=True)
    word.add_argument("--role", choices=[one.value for one in AssociateRole], default=AssociateRole.ENGINEER.value)
    word.add_argument("--fingerprint", required=True, action="append", help="of the browser's key; again for more")
    word.add_argument("--region", required=True, action="append", choices=["global", "cn"])
    word.add_argument("--customer", required=True, action="append", help="a customer, or * for all")
    word.add_argument("--site", required=True, action="append", help="a site, or * for all")
    word.add_argument("--model", required=True, action="append", help="a model, or * for all")
    word.add_argument(
        "--training", required=True, action="append", help="COURSE=LAW=YYYY-MM-DD, its last day; again for more"
    )
    word.add_argument("--expires", help="YYYY-MM-DD, not later than the last training's end, which it is otherwise")


def add_site_flags(word: argparse.ArgumentParser) -> None:
    """Flags that say whose a site is, which laws hold there, and its own rules."""
    word.add_argument("--id", required=True, help="the site")
    word.add_argument("--customer", required=True, help="whose it is")
    word.add_argument("--region", required=True, choices=["global", "cn"])
    word.add_argument("--law", required=True, action="append", help="a privacy law that holds there, as gdpr")
    word.add_argument("--time-zone", required=True, help="as Europe/Madrid")
    word.add_argument("--hours", action="append", default=[], help='as "mon-fri 08:00-17:00"; again for more')
    word.add_argument("--named", action="append", default=[], help="an associate; then nobody else may help there")
    word.add_argument("--second-eyes", action="store_true", help="a second associate must agree to each session")


def associate_of(flags: argparse.Namespace) -> AssociateEntry:
    """Return the entry; UnavailableError with the flag that is wrong."""
    trainings = tuple(_training(text) for text in flags.training)
    until = _end_of_day(flags.expires) if flags.expires else max(one.expires_utc_ms for one in trainings)
    return AssociateEntry(
        id=flags.id,
        name=flags.name,
        organisation=flags.organisation,
        keys=tuple(parse_fingerprint(text) for text in flags.fingerprint),
        role=AssociateRole(flags.role),
        trainings=trainings,
        regions=_unique(flags.region),
        scopes=(Scope(customers=_unique(flags.customer), sites=_unique(flags.site), models=_unique(flags.model)),),
        expires_utc_ms=until,
    )


def site_of(flags: argparse.Namespace) -> SiteEntry:
    """Return the entry; UnavailableError with the flag that is wrong."""
    try:
        hours = read_all_hours("--hours", flags.hours)
    except SettingError as error:
        raise UnavailableError(str(error)) from error
    return SiteEntry(
        id=flags.id,
        customer=flags.customer,
        region=flags.region,
        laws=_unique(flags.law),
        time_zone=flags.time_zone,
        rules=SiteRules(hours=hours, named=_unique(flags.named), second_eyes=flags.second_eyes),
    )


def show_associate(one: AssociateEntry) -> list[str]:
    """Return the lines that tell of an associate."""
    lines = [f"{one.id}: {one.name}, {one.organisation}; {one.role}; until {_day(one.expires_utc_ms)}"]
    lines += [f"  regions {', '.join(one.regions)}"]
    for scope in one.scopes:
        words = (("customers", scope.customers), ("sites", scope.sites), ("models", scope.models))
        lines.append("  " + "; ".join(f"{name} {', '.join(covered)}" for name, covered in words))
    lines += [f"  training {each.course} ({each.law}) until {_day(each.expires_utc_ms)}" for each in one.trainings]
    return lines + [f"  key {show_fingerprint(key)}" for key in one.keys]


def show_site(one: SiteEntry) -> list[str]:
    """Return the lines that tell of a site."""
    lines = [f"{one.id}: of {one.customer}; {one.region}; laws {', '.join(one.laws)}; {one.time_zone}"]
    if one.rules.hours:
        lines.append(f"  only {'; '.join(show_hours(one.rules.hours))}")
    if one.rules.named:
        lines.append(f"  only {', '.join(one.rules.named)}")
    return [*lines, "  a second associate must agree"] if one.rules.second_eyes else lines


def show_change(change: Change) -> str:
    """Return one line about a change."""
    fields = f" ({', '.join(change.fields)})" if change.fields else ""
    return f"{change.kind} {change.what} {change.id}, {change.name}{fields}"


def _training(text: str) -> Training:
    course, _, rest = text.partition("=")
    law, _, day = rest.partition("=")
    if not course or not law or not day:
        raise UnavailableError(f"expected a training as COURSE=LAW=YYYY-MM-DD, got {text!r}")
    return Training(course=course, law=law, expires_utc_ms=_end_of_day(day))


def _end_of_day(text: str) -> int:
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError as error:
        raise UnavailableError(f"expected a date YYYY-MM-DD, got {text!r}") from error
    begin = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    return min(int(begin.timestamp() * 1000) + _DAY_MS, _END_OF_TIME_MS)


def _day(utc_milliseconds: int) -> str:
    return datetime.datetime.fromtimestamp(utc_milliseconds / 1000, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def _unique(words: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
