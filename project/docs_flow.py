"""Draws docs/consent.md and docs/session.md from the state tables of protocol/flow."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import get_args

from benchside.protocol.errors import CallerError
from benchside.protocol.flow import session
from benchside.protocol.flow.consent import acts, guards, limits, machine, table
from benchside.protocol.flow.session import EndSession, Phase, SessionEffect, SessionEvent, SessionMachine
from benchside.protocol.wire.session import SessionEnd
from project.paths import ROOT

__all__ = ["generate"]

NOTE = "<!-- Made by `python3 tasks.py docs` from {source}; change it there. -->\n"
WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def generate() -> dict[Path, str]:
    """The two documents, by their path in the checkout."""
    return {Path("docs/consent.md"): consent(), Path("docs/session.md"): hosted_session()}


def spoken(name: str) -> str:
    """`TechnicianAnswered` and `take_no` as words."""
    return WORDS.sub(" ", name).replace("_", " ").lower()


def first_line(thing: object) -> str:
    return (inspect.getdoc(thing) or "").partition("\n")[0]


def documented(thing: type | ModuleType) -> dict[str, str]:
    """Each name with a value in a class or module, and the text that stands below it, which Python forgets."""
    body = ast.parse(textwrap.dedent(inspect.getsource(thing))).body
    if not isinstance(thing, ModuleType):
        assert isinstance(body[0], ast.ClassDef)
        body = body[0].body
    found: dict[str, str] = {}
    for here, after in zip(body, [*body[1:], ast.Pass()], strict=True):
        target = (
            here.target
            if isinstance(here, ast.AnnAssign)
            else here.targets[0]
            if isinstance(here, ast.Assign)
            else None
        )
        if isinstance(target, ast.Name) and target.id != "__all__":
            found[target.id] = ""
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                found[target.id] = " ".join(str(after.value.value).split())
    return found


def rows(head: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    """A table of Markdown."""
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *map(list, body)]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def diagram(arrows: Mapping[tuple[str, str], list[str]], start: str, ends: Iterable[str]) -> str:
    """A Mermaid state diagram; several ways from one state to another share an arrow."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {start}"]
    lines += [f"    {here} --> {there}: {'<br/>'.join(dict.fromkeys(why))}" for (here, there), why in arrows.items()]
    lines += [f"    {end} --> [*]" for end in ends]
    return "\n".join((*lines, "```", ""))


def condition(rule: table.Rule, rules: tuple[table.Rule, ...]) -> str:
    """When a rule of a cell is carried out, in words; nothing for the only rule of a cell."""
    if len(rules) == 1:
        return ""
    return f"{' and '.join(spoken(name) for name in rule.guards) or 'else'} → "


def consent() -> str:
    arrows: dict[tuple[str, str], list[str]] = {}
    for (stage, event), rules in table.TABLE.items():
        for rule in rules:
            if rule.to is not None and rule.to is not stage:
                arrows.setdefault((stage, rule.to), []).append(f"{spoken(event.__name__)} / {spoken(rule.act)}")
    stages = documented(table.Stage)
    body = []
    for (stage, event), rules in table.TABLE.items():
        if rules is table.IGNORED:
            continue
        told = [
            f"{condition(rule, rules)}**{spoken(rule.act)}**"
            + (f", then *{rule.to}*" if rule.to is not None and rule.to is not stage else "")
            for rule in rules
        ]
        body.append((stage.value, spoken(event.__name__), "<br/>".join(told)))
    ignored = [
        (stage.value, ", ".join(spoken(event.__name__) for (at, event), rules in table.TABLE.items()
                                if at is stage and rules is table.IGNORED))
        for stage in table.Stage
    ]  # fmt: skip
    lengths = documented(limits.ConsentLimits)
    defaults = limits.ConsentLimits()
    return (
        NOTE.format(source="src/benchside/protocol/flow/consent/")
        + "# Consent: the state table\n\n"
        + "Each capability of a session (`view`, `control`, …) goes through this table by itself, on the PC, in the\n"
        + "host. Nothing else may make a grant: picture and input ask this machine for each picture and each event.\n"
        + "Pause, loss of the line and the session's end act on all capabilities at once (below).\n\n"
        + "## The way through\n\n"
        + diagram(arrows, table.Stage.NONE, ())
        + f"\nThe end of the session leads from every stage to *{table.Stage.OVER}*, which nothing leaves.\n\n"
        + rows(("stage", "meaning"), ((stage.value, stages[stage.name]) for stage in table.Stage))
        + "\n## Every cell\n\nRules are tried from the top; the first whose conditions all hold is carried out.\n\n"
        + rows(("stage", "what comes", "what follows"), body)
        + "\n## Ignored on purpose\n\nLate answers, doubled clicks, a hostile console's tries: they change nothing.\n"
        + "A pair that stands nowhere here is an error of the program and ends the session.\n\n"
        + rows(("stage", "what comes"), ignored)
        + "\n## Waits and counts\n\n"
        + rows(
            ("limit", "value", "why"),
            ((f"`{name}`", f"{getattr(defaults, name):g}", why) for name, why in lengths.items()),
        )
        + "\n## All capabilities at once\n\n"
        + rows(
            ("what comes", "what follows"),
            (
                ("pause chosen", "neither picture nor input passes until the technician lets them; grants run on"),
                ("line fell", "keys and buttons are lifted, open questions go away, channels are down; grants stand"),
                ("line stood", "questions may be asked again at once; channels come back in a higher epoch"),
                ("session over", "every grant's keys are dropped, input is lifted, every stage is *over*"),
                ("monitors known", "which monitors a view may name at all"),
            ),
        )
        + f"\nThe code: [table.py](../{where(table)}) (this table), [guards.py](../{where(guards)}) (the conditions),\n"
        + f"[acts.py](../{where(acts)}) (what is done), [machine.py](../{where(machine)}).\n"
    )


def where(thing: object) -> str:
    """The path in the checkout of what a module, or the module of a class, is written in."""
    module = inspect.getmodule(thing)
    assert module is not None
    assert module.__file__ is not None
    return Path(module.__file__).resolve().relative_to(ROOT).as_posix()


def outcomes(phase: Phase, event: SessionEvent) -> list[tuple[str, Phase]] | None:
    """What a real machine does with this event, soon and after each wait: effects and next phase.

    None when the table lacks the pair.
    """
    found = []
    for way in WAYS[phase]:
        for later_s in MOMENTS_S:
            machine = SessionMachine(0.0)
            if phase is Phase.OVER:
                machine.end(SessionEnd.STOPPED)
            for before in way:
                machine.step(before, 0.0)
            assert machine.phase is phase
            try:
                effects = machine.step(event, later_s)
            except CallerError:
                return None
            done = [
                f"end: {spoken(one.reason)}" if isinstance(one, EndSession) else spoken(type(one).__name__)
                for one in effects
            ]
            found.append((", ".join(done) or "nothing to do", machine.phase))
    return list(dict.fromkeys(found))


def hosted_session() -> str:
    arrows: dict[tuple[str, str], list[str]] = {}
    body, missing = [], []
    for phase in Phase:
        absent = []
        for event in SessionEvent:
            known = outcomes(phase, event)
            if known is None:
                absent.append(spoken(event))
                continue
            for _, there in known:
                if there is not phase:
                    arrows.setdefault((phase, there), []).append(spoken(event))
            if phase is not Phase.OVER:
                told = [f"{done} → *{there}*" if there is not phase else f"{done}" for done, there in known]
                body.append((phase.value, spoken(event), "<br/>".join(told)))
        if absent:
            missing.append((phase.value, ", ".join(absent)))
    limits = [
        (f"`{name}`", f"{getattr(session, name):g}", why)
        for name, why in documented(session).items()
        if re.fullmatch(r"[A-Z][A-Z_]+", name)
    ]
    return (
        NOTE.format(source="src/benchside/protocol/flow/session.py")
        + "# A session: the state table\n\n"
        + "From the code to the one end, on the PC, in the host. [Consent](consent.md) has its own table and runs\n"
        + "only while this one is *live* or *lost*. The technician's *Stop*, the agent, sleep and a missing indicator\n"
        + "end it at once from every phase, without asking this table.\n\n"
        + "## The way through\n\n"
        + diagram(arrows, Phase.NO_CODE, (Phase.OVER,))
        + "\n## Every cell\n\n"
        + "Of several lines the wait that has passed, or the count, decides; *over* takes nothing.\n\n"
        + rows(("phase", "what comes", "what follows"), body)
        + "\n## What is done\n\n"
        + rows(("effect", "meaning"), ((spoken(kind.__name__), first_line(kind)) for kind in get_args(SessionEffect)))
        + "\n## Waits and counts\n\n"
        + rows(("limit", "value", "why"), limits)
        + "\n## What cannot come\n\n"
        + "Pairs that the table lacks are errors of the program: the session ends, and the log has the full trace.\n\n"
        + rows(("phase", "what cannot come"), missing)
        + f"\nThe code: [session.py](../{where(session)}).\n"
    )


_TO_LIVE = (SessionEvent.CODE_MADE, SessionEvent.ASSOCIATE_PROVED)
_FORGED_AND_BACK = (SessionEvent.RECORD_FORGED, SessionEvent.LINE_STOOD)
# How a machine comes into each phase, also with all but the last of the forged records that end it.
WAYS: dict[Phase, tuple[tuple[SessionEvent, ...], ...]] = {
    Phase.NO_CODE: ((),),
    Phase.CODED: ((SessionEvent.CODE_MADE,),),
    Phase.LIVE: (_TO_LIVE, _TO_LIVE + _FORGED_AND_BACK * (session.FORGED_RECORDS - 1)),
    Phase.LOST: (
        (*_TO_LIVE, SessionEvent.LINE_FELL),
        (*_TO_LIVE, *_FORGED_AND_BACK * (session.FORGED_RECORDS - 1), SessionEvent.LINE_FELL),
    ),
    Phase.OVER: ((),),
}
MOMENTS_S = (
    0.5,
    session.SILENT_AFTER_S + 1,
    session.LOST_FOR_S + 1,
    session.CODE_LIFE_S + 1,
    session.MAX_SESSION_S + 1,
)
