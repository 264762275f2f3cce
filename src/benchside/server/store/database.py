"""One plane's database: read and write transactions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from benchside.protocol.errors import UnavailableError
from benchside.server.store.keyring import DataKeys
from benchside.server.store.sealed import give_keys
from benchside.server.store.sqlite import IMMEDIATE, prepare_sqlite

__all__ = ["Database"]


class Database:
    """Transactions on one plane.  Safe to share by the tasks of one event loop."""

    def __init__(self, engine: AsyncEngine, keys: DataKeys) -> None:
        self.engine = engine
        self._writing = engine.execution_options(**{IMMEDIATE: True})
        self._turn = asyncio.Lock()
        give_keys(engine.dialect, keys)

    @classmethod
    def open(cls, url: str, keys: DataKeys) -> Database:
        """Open `url` (an SQLAlchemy URL with an asynchronous driver) lazily: nothing is dialled yet."""
        engine = create_async_engine(url, hide_parameters=True)
        if make_url(url).get_backend_name() == "sqlite":
            prepare_sqlite(engine)
        return cls(engine, keys)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A transaction that sees one state of the plane."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A transaction that commits when the block ends without an error.

        One at a time within this process: SQLite has one writer anyway, and waiting here is fair and costs no thread.
        """
        try:
            async with self._turn, AsyncSession(self._writing, expire_on_commit=False) as session, session.begin():
                yield session
        except SQLAlchemyError as error:
            if getattr(error, "connection_invalidated", False) or "locked" in str(error):
                raise UnavailableError("the database is away or busy", retry_after_s=1.0) from error
            raise

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()
