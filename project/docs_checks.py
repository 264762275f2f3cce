"""Puts the tables of all host checks into docs/operate/checks.md, from their settings and their catalogue."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import inspect

from benchside.notifier.checks.options import CHECKS, CheckSettings, ChecksSettings
from project.docs_flow import documented, first_line, rows
from project.paths import ROOT

__all__ = ["generate"]

PAGE = Path("docs/operate/checks.md")
CATALOGUE = ROOT / "src/benchside/notifier/catalogue"
BEGIN, END = "<!-- {name}: made by `python3 tasks.py docs` -->", "<!-- end of {name} -->"
SHARED = {"event_log": "events", "journal": "events", "smart": "storage"}
"""Checks that say what another's catalogue has."""
ONLY = {"event_log": "Windows", "journal": "Linux"}


def generate() -> dict[Path, str]:
    """The page, with its tables anew."""
    text = (ROOT / PAGE).read_text()
    for name, table in (("checks", checks()), ("conditions", conditions()), ("settings", settings())):
        begin, end = BEGIN.format(name=name), END.format(name=name)
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise SystemExit(f"{PAGE}: the marks of {name} are not there")
        text = f"{before}{begin}\n{table}{end}{after}"
    return {PAGE: text}


def checks() -> str:
    """What is looked at, how often, and how long a look may take."""
    body = []
    for name, each in _each():
        what = first_line(type(each)).removesuffix(".") + (f" ({ONLY[name]} only)" if name in ONLY else "")
        kind = next(field.type for field in _fields(each) if field.name == "every_s")
        body.append((f"`{name}`", what, f"{each.every_s} s", f"{_range(kind)} s", f"{each.within_s} s"))
    return rows(("check", "what it looks at", "`every_s`", "range", "within"), body)


def conditions() -> str:
    """What a person may read, by source and code."""
    body = []
    for source in dict.fromkeys(SHARED.get(name, name) for name in CHECKS):
        read = tomllib.loads((CATALOGUE / f"pc_{source}.toml").read_text("utf-8"))
        for code, entry in read.items():
            if code != "source":
                delays = f"{entry['on_after_s']} s, {entry['off_after_s']} s"
                body.append((f"`{read['source']}`", f"`{code}`", entry["severity"], delays, entry["en"]["text"]))
    return rows(("source", "code", "severity", "on after, off after", "what it says"), body)


def settings() -> str:
    """Every setting but those that all checks have, with its range."""
    body = []
    for name, each in _each():
        said = documented(type(each))
        for field in _fields(each):
            if field.name not in ("on", "every_s"):  # they stand above
                value = _shown(getattr(each, field.name))
                body.append((f"`checks.{name}`", f"`{field.name}`", value, _range(field.type), said[field.name]))
    return rows(("table", "setting", "without it", "range", "what it is"), body)


def _each() -> Iterator[tuple[str, CheckSettings]]:
    every = ChecksSettings()
    for name in CHECKS:
        yield name, getattr(every, name)


def _fields(settings: CheckSettings) -> tuple[inspect.Field, ...]:
    described = inspect.type_info(type(settings))
    assert isinstance(described, inspect.StructType)
    return described.fields


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    return "`[]`" if value == () else f"`{msgspec.json.encode(value).decode()}`"


def _range(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.IntType):
        return f"{kind.ge} to {kind.le}"
    if isinstance(kind, inspect.BoolType):
        return "`true`, `false`"
    if isinstance(kind, inspect.VarTupleType):
        return f"up to {kind.max_length} texts"
    assert isinstance(kind, inspect.StrType)
    return f"up to {kind.max_length} characters"
