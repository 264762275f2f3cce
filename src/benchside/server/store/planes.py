"""The two planes: cloud and session, each with its own tables, and later its own credentials."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, Table
from sqlalchemy.orm import DeclarativeBase

__all__ = ["CloudTable", "RowNumber", "SessionTable", "table_of"]


class CloudTable(DeclarativeBase):
    """Parent of the cloud plane's tables: accounts, sites, devices, requests, policy."""


class SessionTable(DeclarativeBase):
    """Parent of the session plane's tables: sessions, events, presence history."""


RowNumber = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database gives: SQLite counts only a column of type INTEGER."""


def table_of(mapped: type[CloudTable]) -> Table:
    """The table of a class, for statements about plain rows: many at once, without an object for each."""
    table = mapped.__table__
    assert isinstance(table, Table)
    return table
