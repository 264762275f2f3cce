"""All that is said to SQLite alone: WAL, foreign keys, waiting for a lock, and write transactions that lock at once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = ["IMMEDIATE", "prepare_sqlite"]

BUSY_TIMEOUT_MS = 5000
"""How long one process waits for another's write (an admin command beside the server); ours take milliseconds."""

IMMEDIATE = "benchside_immediate"
"""Execution option of a write transaction: a deferred one that reads first can fail when it starts to write."""


def prepare_sqlite(engine: AsyncEngine) -> None:
    """Set up each new connection of `engine`, and take BEGIN into our own hands."""

    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:  # the driver's own connection has no type
        connection.isolation_level = None  # the driver would otherwise begin late, and never for a read
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # an event that was acknowledged survives a power cut
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get(IMMEDIATE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
