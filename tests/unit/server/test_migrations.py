"""The scripts make exactly the tables that the code uses, on each plane, and may run again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import LargeBinary, MetaData, select, text
from sqlalchemy.engine import Connection

from benchside.server.identity.model import HeldInstance
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


async def test_who_came_while_a_device_was_held_is_still_known(tmp_path: Path) -> None:
    """It is what a person decides by: some of them may be off for days, and come no more before that."""
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/cloud.db", DataKeys({1: os.urandom(32)}, current=1))
    holds = {b"o": "old_key", b"s": "went_back", b"n": None, b"x": None}
    async with database.engine.begin() as connection:
        await connection.run_sync(_upgrade_to, "cloud_0012")
        await connection.execute(text("INSERT INTO site (id, name, created_utc_ms) VALUES ('lab-1', 'Lab 1', 1)"))
        for name, hold in holds.items():
            values = {"id": name * 16, "fingerprint": name * 32, "empty": b"", "hold": hold}
            await connection.execute(
                text(
                    "INSERT INTO device (id, site, region, name, device_key, identity_spki, identity_fingerprint,"
                    " registrant, registrant_email, enrolled_utc_ms, policy_version)"
                    " VALUES (:id, 'lab-1', 'global', '', :empty, :empty, :fingerprint, :empty, :empty, 1, 0)"
                ),
                values,
            )
            if name != b"x":  # of one there is no chain
                await connection.execute(
                    text(
                        "INSERT INTO device_chain (device_id, kept_step, kept_state, hold, is_freed, decisions,"
                        " is_rotation_wanted, sealing) VALUES (:id, 1, :empty, :hold, false, 0, false, '')"
                    ),
                    values,
                )
            await connection.execute(text("INSERT INTO held_instance VALUES (:id, :id, 5, 7)"), values)
        own = {"id": b"o" * 16, "own": b"p" * 16}  # the device's own PC, which was cut by the hold and came again
        await connection.execute(text("INSERT INTO held_instance VALUES (:id, :own, 6, 7)"), own)
    await upgrade(database, "cloud")
    async with database.read() as rows:
        kept = list(await rows.scalars(select(HeldInstance).order_by(HeldInstance.device_id, HeldInstance.instance)))
    assert [(one.device_id, one.instance, one.first_utc_ms, one.last_utc_ms) for one in kept] == [
        *((name * 16, name * 16, 5, 7) for name in (b"n", b"o")),
        (b"o" * 16, b"p" * 16, 6, 7),
        *((name * 16, name * 16, 5, 7) for name in (b"s", b"x")),
    ]
    assert [(one.device_id[:1], one.instance[:1]) for one in kept if one.has_old_key] == [(b"o", b"o")]
    await database.close()


async def test_sessions_at_the_provider_are_kept_when_they_get_an_id_of_their_own(tmp_path: Path) -> None:
    """Nobody is signed out by an update, and whoever is out there later can still be asked for."""
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/cloud.db", DataKeys({1: os.urandom(32)}, current=1))
    async with database.engine.begin() as connection:
        await connection.run_sync(_upgrade_to, "cloud_0013")
        await connection.execute(
            text(
                "INSERT INTO account (id, password_hash, must_change, disabled, created_utc_ms)"
                " VALUES ('ana', '', 0, 0, 1)"
            )
        )
        for number in (b"1", b"2"):
            await connection.execute(
                text(
                    "INSERT INTO sign_in (token_hash, account, opened_utc_ms, used_utc_ms) VALUES (:token, 'ana', 1, 1)"
                ),
                {"token": number * 32},
            )
            await connection.execute(
                text("INSERT INTO provider_session VALUES (:token, :sid, :refresh, 7)"),
                {"token": number * 32, "sid": number.decode(), "refresh": b"sealed " + number},
            )
    await upgrade(database, "cloud")
    async with database.engine.connect() as connection:
        kept = (await connection.execute(text("SELECT * FROM provider_session ORDER BY sid"))).all()
    assert [tuple(one[1:]) for one in kept] == [
        (b"1" * 32, "1", b"sealed 1", 7),
        (b"2" * 32, "2", b"sealed 2", 7),
    ]
    assert len({one.id for one in kept}) == 2
    await database.close()


def _upgrade_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations" / "cloud"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@pytest.mark.parametrize("plane", list(HEADS))
def test_the_newest_script_is_the_one_that_the_server_expects(plane: Plane) -> None:
    scripts = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations" / plane))
    assert scripts.get_heads() == [HEADS[plane]]


def test_the_planes_share_no_table() -> None:
    assert not set(CLOUD.tables) & set(SESSION.tables)
