"""A Chromium with a key that the policy names, and a world for it; both once a module."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from project import console, ready
from project.chromium import find_chromium
from project.paths import CONSOLE, CONSOLE_BUILT
from tests.fakes.console_world import WITHIN_MS, World, sign_in


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    assert program is not None, "the test set-up installs a Chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def program() -> Path:
    """The world as one file that Node runs."""
    assert (CONSOLE_BUILT / "index.html").exists(), "the test set-up builds the console"
    return ready.the_console_world()


@pytest.fixture(scope="module")
def world(program: Path) -> Iterator[World]:
    child = subprocess.Popen(
        ["node", program, "0"], cwd=CONSOLE, env=console.environment(), stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    yield World(child.stdout.readline().split()[1])
    child.terminate()
    child.wait(timeout=10)


@pytest.fixture(scope="module")
def profile(browser: Browser, world: World) -> Iterator[BrowserContext]:
    """A browser with a key that the policy names: making one takes a second, so once for all."""
    context = browser.new_context(viewport={"width": 1681, "height": 961}, locale="en-GB")
    page = context.new_page()
    world.do("must_change", yes=False)
    sign_in(page, world)
    page.goto(f"{world.url}/key")
    page.get_by_test_id("key-make").click()
    page.get_by_test_id("fingerprint").wait_for()
    world.do("policy")
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(profile: BrowserContext, world: World) -> Iterator[Page]:
    """Signed in, with one request in the queue.  An error on the page fails the test."""
    world.do("reset")
    page = profile.new_page()
    page.set_default_timeout(WITHIN_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(world.url)
    expect(page.get_by_test_id("queue-live")).to_have_attribute("data-state", "live")
    world.do("add")
    yield page
    page.close()
    assert errors == []
