"""docs/entry-points.md names every way into a server and a PC, its one policy, and tests that try it."""

from __future__ import annotations

import ast
import re

from tests.layout.sources import PRODUCT, ROOT, calls, nodes, product_files, room, strings
from tests.layout.test_reach import ON_THE_PC

from benchside.server.http.table import ENTRY_POINTS

TABLE = ROOT / "docs" / "entry-points.md"
ROW = re.compile(r"^\| (?!way in)([^|-][^|]*?) \| ([a-z_]+) \| ([^|]+) \|$")
NAMED = re.compile(r"`([^`:]+)::([^`]+)`")
SOCKETS = {"start_unix_server", "QLocalServer", "CreateNamedPipeW"}
"""What opens a way in on the PC itself."""
ADDED = {"add_route", "add_api_route", "add_websocket_route", "Route", "WebSocketRoute", "Mount"}
"""What gives a web application something to serve; `entry.route` is ENTRY_POINTS' own."""
OWN_PAGES = ("openapi_url", "docs_url", "redoc_url")
QUOTES = "'"


def rows() -> dict[str, tuple[str, list[tuple[str, str]]]]:
    found: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    for line in TABLE.read_text().splitlines():
        if match := ROW.match(line):
            assert match[1] not in found, f"{match[1]} has two rows"
            found[match[1]] = match[2], NAMED.findall(match[3])
    return found


def of_the_code() -> dict[str, str | None]:
    """Each way in, and its policy where the code says it."""
    found: dict[str, str | None] = {f"{one.method} {one.path}": one.policy.value for one in ENTRY_POINTS}
    for node in nodes(PRODUCT / "server" / "app.py"):
        if isinstance(node, ast.Dict):
            paths = [key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
            found |= {f"WebSocket {path}": None for path in paths if path.startswith("/v1/")}
    for path in product_files():
        is_on_pc = room(path).split("/")[0] in ON_THE_PC
        if is_on_pc and any(name in SOCKETS for name, _ in calls(path)):
            found[f"local socket {room(path)}"] = None
    found |= dict.fromkeys(beside_the_table())
    # the package's console: benchside/console/gate.py decides, application.py dispatches
    return found | {"console GET /enter": None, "console GET files": None, "console /api": None}


def beside_the_table() -> list[str]:
    """What our web applications serve without ENTRY_POINTS, as the code that makes them says it literally."""
    found = []
    for path in product_files():
        for name, call in calls(path):
            if name in ADDED and room(path).startswith(("server/", "console/", "transport/")):
                where = ast.unparse(call.args[0])  # what is no literal text has no row, and fails
                found += [f"{room(path)} {where.strip(QUOTES)}"] if where != "entry.route" else []
            for said in call.keywords:
                if said.arg in OWN_PAGES:
                    found += [f"{room(path)} {where}" for where in strings(said.value)]
    return found


def test_every_way_in_has_one_row_with_its_policy() -> None:
    code, table = of_the_code(), rows()
    assert sorted(code) == sorted(table)
    wrong = [name for name, policy in code.items() if policy not in (None, table[name][0])]
    assert not wrong, ", ".join(wrong)
    assert len(code) > 20


def test_every_way_in_is_tried_by_somebody_who_must_not() -> None:
    bad = []
    for name, (_, tests) in rows().items():
        if not tests:
            bad.append(f"{name}: no test")
        for path, test in tests:
            file = ROOT / path
            if not file.exists() or not re.search(rf"def {re.escape(test)}\b", file.read_text()):
                bad.append(f"{name}: there is no {path}::{test}")
    assert not bad, "; ".join(bad)
