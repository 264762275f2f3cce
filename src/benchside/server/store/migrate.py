"""Brings a plane's tables to the newest form, by the plane's own Alembic scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection

from benchside.server.store.database import Database

__all__ = ["Plane", "upgrade"]

Plane = Literal["cloud", "session"]


async def upgrade(database: Database, plane: Plane) -> None:
    """Run what is missing, in one transaction."""

    def run(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations" / plane))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    async with database.engine.begin() as connection:
        await connection.run_sync(run)
