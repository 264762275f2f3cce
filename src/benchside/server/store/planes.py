"""The two planes: cloud and session, each with its own tables, and later its own credentials."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer
from sqlalchemy.orm import DeclarativeBase

__all__ = ["CloudTable", "RowNumber", "SessionTable"]


class CloudTable(DeclarativeBase):
    """Parent of the cloud plane's tables: accounts, sites, devices, requests, policy."""


class SessionTable(DeclarativeBase):
    """Parent of the session plane's tables: sessions, events, presence history."""


RowNumber = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database gives: SQLite counts only a column of type INTEGER."""
