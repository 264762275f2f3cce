"""What a PC's programs can reach, and who can reach them: their own server, and nothing from the network."""

from __future__ import annotations

import ast

from tests.layout.sources import PRODUCT, files, name_of, nodes, place, room

ON_THE_PC = ("agent", "desk", "doctor", "host", "notifier", "updater", "installer", "platform", "media", "protocol",
             "transport")  # fmt: skip
DIALS = {"ws_connect", "create_connection", "open_connection", "urlopen", "HTTPSConnection", "HTTPConnection",
         "create_datagram_endpoint", "sock_connect", "connectToServer", "connectToHost"}  # fmt: skip
LISTENS = {"start_server", "create_server", "ws_create_server", "start_unix_server", "create_unix_server", "listen",
           "bind", "QLocalServer", "QTcpServer"}  # fmt: skip
# Each place with its reason; what is not here does not exist.
MAY_DIAL = {
    "transport/websocket.py": "the one way out: TLS to the server that the enrolment named",
    "transport/proxy.py": "the hospital's own proxy, to reach that server",
    "transport/doctor.py": "the same way, stage by stage",
    "platform/door/linux.py": "the agent's local socket",
    "platform/child/linux.py": "a socket that is connected already",
    "platform/child/linux_nursery.py": "a socket that is connected already",
    "desk/operations/link.py": "the agent's local socket",
    "desk/operations/instance.py": "another desk of the same log-in",
}
MAY_LISTEN = {
    "platform/door/linux.py": "the local socket for desks; each caller is checked",
    "desk/operations/instance.py": "a local socket in the log-in's own folder, which reads nothing",
    "transport/serve.py": "the server's listeners; no program of the PC imports it",
    "host/agent.py": "its method that hears the agent has this name",
    "host/app.py": "and is called here",
}
REMOTE_CONTROL = {"paramiko", "asyncssh", "telnetlib", "ftplib", "smtplib", "requests", "httpx", "aiohttp", "urllib3"}


def calls_of(names: set[str]) -> set[tuple[str, str]]:
    found = set()
    for folder in ON_THE_PC:
        for path in files(PRODUCT / folder, ".py"):
            for node in nodes(path):
                if isinstance(node, ast.Call) and name_of(node) in names:
                    found.add((room(path), place(path, node)))
    return found


def test_a_pc_dials_its_own_server_and_nothing_else() -> None:
    """No meeting, no proxying, no control of another machine: there is no code that could (R50, R51)."""
    bad = [where for path, where in sorted(calls_of(DIALS)) if path not in MAY_DIAL]
    assert not bad, ", ".join(bad)


def test_a_pc_listens_on_no_network() -> None:
    """R30, R74."""
    bad = [where for path, where in sorted(calls_of(LISTENS)) if path not in MAY_LISTEN]
    assert not bad, ", ".join(bad)


def test_no_program_of_the_pc_imports_a_listener_or_another_way_out() -> None:
    bad = []
    for folder in ON_THE_PC:
        for path in files(PRODUCT / folder, ".py"):
            for node in nodes(path):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module:
                    names = [node.module]
                bad += [
                    place(path, node)
                    for name in names
                    if name.split(".")[0] in REMOTE_CONTROL or name in ("benchside.transport.serve", "http.client")
                ]
    assert not bad, ", ".join(bad)


def test_the_listed_places_exist() -> None:
    missing = [path for path in (*MAY_DIAL, *MAY_LISTEN) if not (PRODUCT / path).exists()]
    assert not missing, ", ".join(missing)
