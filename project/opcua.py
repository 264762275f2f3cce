"""Installs the OPC UA server that tests watch: a whole one that is not ours, with alarms and the LADS nodeset."""

from __future__ import annotations

from project import console
from project.paths import DOWNLOADS

VERSION = "2.186.4"
SERVER = DOWNLOADS / f"node-opcua-{VERSION}"


def ensure() -> None:
    """`SERVER`/node_modules/node-opcua."""
    console.ensure_package(
        SERVER, "node-opcua", VERSION, what="an OPC UA server", why="what the adapter is tested with"
    )
