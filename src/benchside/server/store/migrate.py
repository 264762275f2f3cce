"""Brings a plane's tables to the newest form, by the plane's own Alembic scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from benchside.server.store.database import Database

__all__ = ["HEADS", "Plane", "upgrade"]

Plane = Literal["cloud", "session"]

HEADS: dict[Plane, str] = {"cloud": "cloud_0015", "session": "session_0002"}
"""The newest script of each plane; where the database is there already, Alembic is not even imported (0.3 s, 11 MB)."""


async def upgrade(database: Database, plane: Plane) -> None:
    """Run what is missing, in one transaction."""
    async with database.engine.connect() as connection:
        if await connection.run_sync(_revision) == HEADS[plane]:
            return

    def run(connection: Connection) -> None:
        from alembic import command  # only where something is to do
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations" / plane))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    async with database.engine.begin() as connection:
        await connection.run_sync(run)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found
