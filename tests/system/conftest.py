"""Browsers get the time that a busy machine needs."""

from __future__ import annotations

import pytest
from playwright import async_api, sync_api
from tests.fakes.console_world import WITHIN_MS


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    """Instead of Playwright's five seconds, for what a test expects a page to show."""
    async_api.expect.set_options(timeout=WITHIN_MS)
    sync_api.expect.set_options(timeout=WITHIN_MS)
