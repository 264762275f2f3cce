"""The scripts make exactly the tables that the code uses, on each plane, and may run again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import LargeBinary, MetaData, text
from sqlalchemy.engine import Connection

from benchside.server.store import migrate
from benchside.server.store.database import Database
from benchside.server.store.keyring import DataKeys
from benchside.server.store.migrate import HEADS, Plane, upgrade
from benchside.server.store.sealed import SealedBytes, SealedText
from benchside.server.store.tables import CLOUD, SESSION


@pytest.mark.parametrize(("plane", "tables"), [("cloud", CLOUD), ("session", SESSION)])
async def test_scripts_and_code_agree(tmp_path: Path, plane: Plane, tables: MetaData) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/{plane}.db", DataKeys({1: os.urandom(32)}, current=1))
    await upgrade(database, plane)
    await upgrade(database, plane)

    def differences(connection: Connection) -> list[object]:
        def compare_type(_context: object, _inspected: object, _column: object, found: object, wanted: object) -> bool:
            if isinstance(wanted, SealedBytes | SealedText):
                return not isinstance(found, LargeBinary)
            return False

        context = MigrationContext.configure(connection, opts={"compare_type": compare_type})
        return list(compare_metadata(context, tables))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


async def test_no_number_of_a_change_is_given_twice(tmp_path: Path) -> None:
    """Alerts remember how far they looked: a number that came again would be told of nobody."""
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/cloud.db", DataKeys({1: os.urandom(32)}, current=1))
    await upgrade(database, "cloud")
    async with database.engine.connect() as connection:
        made = await connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'notice_change'"))
    assert "AUTOINCREMENT" in made
    await database.close()


@pytest.mark.parametrize("plane", list(HEADS))
def test_the_newest_script_is_the_one_that_the_server_expects(plane: Plane) -> None:
    scripts = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations" / plane))
    assert scripts.get_heads() == [HEADS[plane]]


def test_the_planes_share_no_table() -> None:
    assert not set(CLOUD.tables) & set(SESSION.tables)
