"""Puts the picture and the table of who talks to whom into docs/architecture.md, both from one list."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from project.paths import ROOT

__all__ = ["LINKS", "PROGRAMS", "Link", "generate"]

ARCHITECTURE = Path("docs/architecture.md")
BEGIN, END = "<!-- {name}: made by `python3 tasks.py docs` -->", "<!-- end of {name} -->"


@dataclass(frozen=True)
class Link:
    """One end may speak to the other, in this direction of dialling."""

    caller: str
    called: str
    over: str
    proof: str
    carries: str
    code: str


# Where each runs, in the order of the picture.
PROGRAMS: dict[str, tuple[str, str]] = {
    "desk": ("the instrument's PC", "desk<br/>the technician's window"),
    "host": ("the instrument's PC", "host<br/>one for each session"),
    "agent": ("the instrument's PC", "agent<br/>service"),
    "notifier": ("the instrument's PC", "notifier<br/>service"),
    "worker": ("the instrument's PC", "worker<br/>checks, or one adapter"),
    "program": ("the instrument's PC", "program<br/>of the lab or the vendor"),
    "link": ("the server", "link<br/>gateway and enrolment"),
    "web": ("the server", "web<br/>API and the console's files"),
    "relay": ("the server", "relay<br/>ciphertext only"),
    "console": ("the engineer's browser", "console"),
    "package": ("the engineer's machine", "package<br/>the console's files, on loopback"),
    "authority": ("a machine that is offline", "authority<br/>signs the policy"),
    "mail": ("the operator's mail server", "mail"),
}

LINKS = (
    Link(
        "desk",
        "agent",
        "Unix socket",
        "the kernel names the caller's account (SO_PEERCRED): a person's log-in, or one of `desk_users`",
        "requests, code, prompts, answers, *Stop*",
        "src/benchside/agent/door.py",
    ),
    Link(
        "desk",
        "notifier",
        "Unix socket",
        "the kernel names the caller's account (SO_PEERCRED): a person's log-in, or one of `push_users`",
        "notices, pop-ups, history, *Acknowledge*, *Shelve*",
        "src/benchside/notifier/door.py",
    ),
    Link(
        "program",
        "notifier",
        "Unix socket",
        "the same, and only for sources that begin with `local.`",
        "signals",
        "src/benchside/notifier/door.py",
    ),
    Link(
        "notifier",
        "agent",
        "Unix socket",
        "the kernel names the caller's account: the agent's own, or root",
        "batches of the notifier's journal, and back how far the server has it, and advisories",
        "src/benchside/agent/notices.py",
    ),
    Link(
        "notifier",
        "worker",
        "inherited socket pair",
        "nobody else can have the other end",
        "what to watch, what was seen, signs of life",
        "src/benchside/notifier/supervise.py",
    ),
    Link(
        "agent",
        "host",
        "inherited socket pair",
        "nobody else can have the other end; the host runs as the person at the screen",
        "policy, tickets, counted guesses, signatures, journal entries, orders",
        "src/benchside/agent/child.py",
    ),
    Link(
        "agent",
        "link",
        "WebSocket, TLS 1.2 or newer",
        "HMAC over both nonces with the device's own AES-256 key, both ways; the newest state of its chain of links",
        "presence, requests, journal, tickets, policy",
        "src/benchside/agent/link.py",
    ),
    Link(
        "host",
        "relay",
        "WebSocket, TLS 1.2 or newer, one for each channel",
        "a ticket of role *pc* for this request and channel, good once",
        "records of the session, encrypted from end to end",
        "src/benchside/host/channel.py",
    ),
    Link(
        "console",
        "web",
        "HTTPS",
        "the provider, or password (argon2id) and second factor; from a new place a link from e-mail; then a cookie; "
        "changes also need our own page's origin and header",
        "queue, claims, tickets, history",
        "src/benchside/server/http/table.py",
    ),
    Link(
        "web",
        "mail",
        "SMTP, STARTTLS or TLS",
        "a certificate that the machine trusts; our name and password there",
        "links that confirm a new location",
        "src/benchside/server/mail/smtp.py",
    ),
    Link(
        "package",
        "web",
        "HTTPS",
        'the same; its fields say that no browser sent it (with `consoles = "package"` nobody else gets in)',
        "what the console's pages may ask, when they come from the engineer's own package",
        "src/benchside/console/server.py",
    ),
    Link(
        "console",
        "package",
        "HTTP on loopback",
        "a one-time address, then a cookie; own page, exact host, and the same log-in of the machine",
        "the console's files, and what the pages ask of web",
        "src/benchside/console/gate.py",
    ),
    Link(
        "console",
        "relay",
        "WebSocket, TLS, one for each channel",
        "a ticket of role *console* for this request and channel, good once",
        "records of the session, encrypted from end to end",
        "src/benchside/server/relay/pairing.py",
    ),
    Link(
        "console",
        "host",
        "through the relay",
        "the browser's RSA-4096 key, which the policy names; the code (CPace); ML-KEM-768",
        "what was granted, each capability under keys of its own",
        "src/benchside/protocol/flow/entry.py",
    ),
    Link(
        "authority",
        "web",
        "a file, carried by a person",
        "Ed25519 signature; the server pinned the key when it was made, each PC when it was enrolled",
        "the policy: who may help where, until when, and which key signs tickets",
        "src/benchside/protocol/trust/policy.py",
    ),
)

# Not dialled, and not in the table: what goes on where two of the programs live in one process.
DOTTED = {("console", "host"), ("authority", "web")}


def picture() -> str:
    lines = ["```mermaid", "flowchart LR"]
    places = dict.fromkeys(place for place, _ in PROGRAMS.values())
    for number, place in enumerate(places):
        lines.append(f'    subgraph place{number}["{place}"]')
        lines += [f'        {name}["{title}"]' for name, (where, title) in PROGRAMS.items() if where == place]
        lines.append("    end")
    for link in LINKS:
        arrow = "-.->" if (link.caller, link.called) in DOTTED else "-->"
        lines.append(f'    {link.caller} {arrow}|"{link.over.partition(",")[0]}"| {link.called}')
    return "\n".join((*lines, "```"))


def table() -> str:
    lines = ["| who dials | whom | over | believed because | for |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {link.caller} | {link.called} | {link.over} | {link.proof} ([code](../{link.code})) | {link.carries} |"
        for link in LINKS
    ]
    return "\n".join(lines)


def generate() -> dict[Path, str]:
    """The architecture with both parts put in anew; everything around them is written by hand."""
    text = (ROOT / ARCHITECTURE).read_text()
    for link in LINKS:
        if not (ROOT / link.code).exists():
            raise SystemExit(f"docs_links.py: there is no {link.code}")
    for name, part in (("programs", picture()), ("links", table())):
        begin, end = BEGIN.format(name=name), END.format(name=name)
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise SystemExit(f"{ARCHITECTURE}: the marks of {name} are not there")
        text = f"{before}{begin}\n{part}\n{end}{after}"
    return {ARCHITECTURE: text}
