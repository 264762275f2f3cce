"""What a program did to the disk and said to others, call by call, as `strace` heard it from the kernel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "COMMAND",
    "Created",
    "Removed",
    "Renamed",
    "Resized",
    "Said",
    "SyncBegun",
    "Synced",
    "What",
    "Written",
    "read",
]

CALLS = (
    "openat,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,ftruncate,fallocate,"
    "unlink,unlinkat,rename,renameat,renameat2,sendto,sendmsg"
)
COMMAND = ("strace", "-f", "-y", "-qq", "-xx", "-s", "16777216", "--seccomp-bpf", "-e", f"trace={CALLS}", "-o")
"""Before it the file for `read`, after it the program."""


@dataclass(frozen=True)
class Created:
    """A file was opened that might not have been there."""

    path: str


@dataclass(frozen=True)
class Written:
    """`at`: None is the end of the file."""

    path: str
    at: int | None
    data: bytes


@dataclass(frozen=True)
class Resized:
    path: str
    size: int


@dataclass(frozen=True)
class SyncBegun:
    """What was written until now will be durable when `Synced` of the same `thread` comes."""

    path: str
    thread: int


@dataclass(frozen=True)
class Synced:
    path: str
    thread: int


@dataclass(frozen=True)
class Removed:
    path: str


@dataclass(frozen=True)
class Renamed:
    path: str
    to: str


@dataclass(frozen=True)
class Said:
    """To a socket, a pipe or a terminal."""

    data: bytes


What = Created | Written | Resized | SyncBegun | Synced | Removed | Renamed | Said

PLACED = (".db", ".db-wal", ".db-journal")
"""Files that are not written from one end to the other: a call without a place follows a seek, which is not heard."""
_LINE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)(?:<[^>]*>)?(?: .*)?$")
_BEGUN = re.compile(r"^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$")
_GOES_ON = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)$")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_FILE = re.compile(r"^\d+<((?:\\x[0-9a-f]{2})*)>")


def read(trace: Path) -> Iterator[What]:
    """Return all of it in the kernel's order; ValueError for a call that is not understood."""
    begun: dict[int, str] = {}
    with trace.open() as lines:
        for line in lines:
            if not line.endswith("\n"):
                return  # strace was killed with the program
            text = line.rstrip("\n")
            if match := _BEGUN.match(text):
                thread = int(match[1])
                begun[thread] = text.removesuffix(" <unfinished ...>")
                if match[2] in ("fsync", "fdatasync"):
                    yield SyncBegun(_file(match[3]), thread)
                continue
            if match := _GOES_ON.match(text):
                whole = begun.pop(int(match[1])) + match[3]
                yield from _call(whole, was_begun=True)
                continue
            yield from _call(text, was_begun=False)


def _call(text: str, *, was_begun: bool) -> Iterator[What]:
    match = _LINE.match(text)
    if match is None:
        if " = ?" in text or text.partition(" ")[2].lstrip().startswith(("+++", "---")):
            return  # it was killed in it, or a signal
        raise ValueError(f"expected a call, got {text[:200]}")
    thread, call, words, result = int(match[1]), match[2], match[3], int(match[4])
    if result < 0:
        return
    match call:
        case "openat":
            path = _texts(words)[0].decode()
            if "O_CREAT" in words:
                yield Created(path)
            if "O_TRUNC" in words:
                yield Resized(path, 0)
        case "write" | "pwrite64" | "writev" | "pwritev" | "sendto" | "sendmsg":
            yield from _written(call, words, result)
        case "fsync" | "fdatasync":
            if not was_begun:
                yield SyncBegun(_file(words), thread)
            yield Synced(_file(words), thread)
        case "ftruncate":
            yield Resized(_file(words), int(words.rsplit(",", 1)[1]))
        case "unlink" | "unlinkat":
            yield Removed(_texts(words)[0].decode())
        case "rename" | "renameat" | "renameat2":
            one, two = _texts(words)
            yield Renamed(one.decode(), two.decode())
        case _:
            raise ValueError(f"expected a call that is modelled, got {call}")


def _written(call: str, words: str, result: int) -> Iterator[What]:
    data = b"".join(_texts(words))[:result]
    path = _file(words)
    if not path.startswith("/"):
        yield Said(data)
    elif call in ("pwrite64", "pwritev"):
        yield Written(path, int(words.rsplit(",", 1)[1]), data)
    elif path.endswith(PLACED):
        raise ValueError(f"expected a place for what is written to a database, got {call}")
    else:
        yield Written(path, None, data)


def _texts(words: str) -> list[bytes]:
    return [bytes.fromhex(each.replace("\\x", "")) for each in _TEXT.findall(words)]


def _file(words: str) -> str:
    match = _FILE.match(words)
    return "" if match is None else bytes.fromhex(match[1].replace("\\x", "")).decode()
