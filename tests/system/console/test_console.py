"""The console in a real Chromium, against a server, a relay and a PC of its own (console/tests/world)."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from project import console
from project.chromium import find_chromium
from project.paths import CONSOLE, CONSOLE_BUILT

pytestmark = [pytest.mark.system, pytest.mark.slow]

CODE = "c9jp-wrv8-edmp*"
"""As somebody may type the world's code."""
WITHIN_MS = 15_000


class World:
    """The other side: what a test tells the technician, the operator and the network to do."""

    def __init__(self, url: str) -> None:
        self.url = url

    def do(self, word: str, **more: object) -> object:
        body = json.dumps({"do": word, **more}).encode()
        request = urllib.request.Request(f"{self.url}/world", data=body, method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["result"]

    def input(self) -> list[dict[str, object]]:
        """What the PC got on `control` so far."""
        found = self.do("received")
        assert isinstance(found, list)
        return found

    def viewers(self) -> int:
        """How often a console came to `view` and asked for the picture."""
        found = self.do("viewers")
        assert isinstance(found, int)
        return found


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait for a fact of the world's, which the page cannot show."""
    ends_at = time.monotonic() + WITHIN_MS / 1000
    while not holds():
        assert time.monotonic() < ends_at, "it did not come to that"
        page.wait_for_timeout(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    assert program is not None, "the test set-up installs a Chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def program() -> Path:
    """The world as one file that Node runs; made once."""
    assert (CONSOLE_BUILT / "index.html").exists(), "the test set-up builds the console"
    words = ["npx", "vite", "build", "--logLevel", "error", "--config", "tests/world/vite.config.ts"]
    subprocess.run(words, cwd=CONSOLE, env=console.environment(), check=True, timeout=120)
    return CONSOLE / "dist" / "world" / "main.js"


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


def comes_again(page: Page, world: World, word: str) -> None:
    """Do that to the line, and wait until the console has come to `view` anew."""
    before = world.viewers()
    world.do(word)
    until(page, lambda: world.viewers() > before)


def sign_in(page: Page, world: World) -> None:
    page.goto(world.url)
    page.get_by_test_id("sign-in-account").fill("m.ferrer")
    page.get_by_test_id("sign-in-password").fill("given-password")
    page.get_by_test_id("sign-in-submit").click()
    expect(page.get_by_test_id("queue-live")).to_have_attribute("data-state", "live")


def claim(page: Page) -> None:
    page.get_by_test_id("request-claim").first.click()
    page.get_by_test_id("code").wait_for()


def connect(page: Page, code: str = CODE) -> None:
    page.get_by_test_id("code").fill(code)
    page.get_by_test_id("code-submit").click()


def granted(page: Page, world: World, capability: str) -> None:
    page.get_by_test_id(f"{capability}-ask").click()
    expect(page.get_by_test_id(f"capability-{capability}")).to_have_attribute("data-state", "asking")
    world.do("yes")
    expect(page.get_by_test_id(f"capability-{capability}")).to_have_attribute("data-state", "granted")


def controlling(page: Page, world: World) -> None:
    claim(page)
    connect(page)
    granted(page, world, "view")
    state(page, "exact")
    granted(page, world, "control")


def state(page: Page, word: str) -> None:
    expect(page.get_by_test_id("viewer-state")).to_have_attribute("data-state", word, timeout=WITHIN_MS)


def test_a_slip_costs_nothing_and_a_wrong_code_says_what_is_left(page: Page, world: World) -> None:
    claim(page)
    connect(page, "c9jp wrv8 emdp*")
    expect(page.get_by_text("no attempt was used")).to_be_visible()
    connect(page, "0000000000000")
    expect(page.get_by_test_id("code-problem")).to_contain_text("2 attempts are left")
    expect(page.get_by_test_id("code")).to_have_value("")
    connect(page)
    page.get_by_test_id("viewer").wait_for()
    kept = page.evaluate("JSON.stringify([location.href, document.title, {...localStorage}, {...sessionStorage}])")
    assert "C9JP" not in kept.upper()


def test_the_whole_way_from_the_queue_to_the_end(page: Page, world: World) -> None:
    controlling(page, world)
    box = page.get_by_test_id("screen").bounding_box()
    assert box is not None
    assert float(box["x"]).is_integer()
    assert float(box["y"]).is_integer()
    page.mouse.click(box["x"] + 300, box["y"] + 200)
    page.keyboard.type("Ab")
    page.keyboard.press("Control+Tab")
    got = [tuple(message.values()) for message in world.input()]
    assert (0, 300, 200, "move") in got
    downs = [message["key"] for message in world.input() if message["t"] == "key" and message["down"]]
    assert downs == ["A", "b", "Control", "Tab"]
    page.get_by_test_id("special-keys").click()
    page.get_by_test_id("keys-ctrl_alt_del").click()
    page.wait_for_function("document.activeElement.tagName === 'TEXTAREA'")
    assert [message["key"] for message in world.input() if message["t"] == "key"][-6:-3] == ["Control", "Alt", "Delete"]
    world.do("stop")
    over = page.get_by_test_id("session-over")
    expect(over).to_have_attribute("data-outcome", "stopped")
    assert page.locator("canvas").count() == 0


def test_input_is_held_back_while_a_prompt_is_open_or_the_technician_pauses(page: Page, world: World) -> None:
    controlling(page, world)
    for word, back in (("hold", False), ("pause", False)):
        world.do(word)
        page.get_by_test_id("veil").wait_for()
        before = len(world.input())
        page.keyboard.type("secret")
        page.wait_for_timeout(200)
        assert len(world.input()) == before
        world.do(word, yes=back)
        expect(page.get_by_test_id("veil")).to_have_count(0)
    page.keyboard.type("x")
    until(page, lambda: [message.get("key") for message in world.input()][-1:] == ["x"])


def test_keys_are_lifted_when_the_page_loses_the_focus(page: Page, world: World) -> None:
    controlling(page, world)
    page.keyboard.down("Shift")
    page.evaluate("window.dispatchEvent(new Event('blur'))")
    until(page, lambda: [message["t"] for message in world.input()][-1:] == ["release"])


def test_composed_characters_arrive_as_what_they_are(page: Page, world: World) -> None:
    controlling(page, world)
    page.evaluate("""() => {
        const field = document.querySelector('[data-testid=keyboard]');
        field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Dead', code: 'BracketLeft', bubbles: true}));
        field.dispatchEvent(new CompositionEvent('compositionend', {data: 'á', bubbles: true}));
    }""")
    typed = [("á", True), ("á", False)]
    until(page, lambda: [(message.get("key"), message.get("down")) for message in world.input()[-2:]] == typed)


def test_a_lost_line_comes_back_with_its_grants(page: Page, world: World) -> None:
    controlling(page, world)
    comes_again(page, world, "drop")
    state(page, "exact")
    expect(page.get_by_test_id("capability-control")).to_have_attribute("data-state", "granted")


def test_a_picture_that_cannot_be_read_starts_whole_and_forged_records_end_the_session(
    page: Page, world: World
) -> None:
    controlling(page, world)
    world.do("spoil")
    expect(page.get_by_text("the picture started again")).to_be_visible()
    state(page, "exact")
    for _ in range(2):
        comes_again(page, world, "forge")
        expect(page.get_by_test_id("capability-view")).to_have_attribute("data-state", "granted")
    world.do("forge")
    expect(page.get_by_test_id("session-over")).to_have_attribute("data-outcome", "peer_fault")


def test_a_pc_with_another_key_is_refused_before_the_code_is_used(page: Page, world: World) -> None:
    claim(page)
    connect(page)
    page.get_by_test_id("viewer").wait_for()
    # this browser now knows the PC by another key than it shows
    page.evaluate("""() => new Promise((done) => {
        const opening = indexedDB.open('benchside', 1);
        opening.onsuccess = () => {
            const store = opening.result.transaction('devices', 'readwrite').objectStore('devices');
            const other = {fingerprint: '00'.repeat(32), firstUtcMs: 1, lastUtcMs: 1};
            store.put(other, '101112131415161718191a1b1c1d1e1f').onsuccess = done;
        };
    })""")
    page.get_by_test_id("leave").click()
    page.get_by_test_id("leave-yes").click()
    page.get_by_test_id("session-over").wait_for()
    world.do("add")
    page.goto(world.url)
    claim(page)
    connect(page)
    changed = page.get_by_test_id("identity-changed")
    expect(changed).to_contain_text("knows this PC by another key")
    accept = changed.get_by_role("button", name="Accept the new key")
    expect(accept).to_be_disabled()
    changed.get_by_role("checkbox").check()
    accept.click()
    connect(page)
    page.get_by_test_id("viewer").wait_for()


def test_what_a_pc_says_stays_text(page: Page, world: World) -> None:
    hostile = "<img src=x onerror=alert(1)>\u202egnp.exe " + "A" * 900
    world.do("add", reason=hostile, technician="<script>alert(1)</script>", device="{t('x')}")
    card = page.get_by_test_id("request").filter(has_text="onerror")
    expect(card).to_be_visible()
    assert page.locator("main img, main script").count() == 0
    text = card.inner_text()
    assert "\u202e" not in text
    assert len(text) < 800
    box = card.bounding_box()
    assert box is not None
    assert box["width"] <= 1120


def test_an_ended_sign_in_and_a_lost_server_are_said(page: Page, world: World) -> None:
    world.do("streams")
    expect(page.get_by_test_id("queue-live")).to_have_attribute("data-state", "live")
    world.do("sign_out")
    page.get_by_test_id("request-claim").first.click()
    page.get_by_test_id("sign-in-account").wait_for()
    sign_in(page, world)


def test_the_focus_stays_where_the_associate_put_it(page: Page, world: World) -> None:
    controlling(page, world)
    page.wait_for_function("document.activeElement.dataset.testid === 'keyboard'")
    page.get_by_test_id("special-keys").click()
    page.wait_for_timeout(2500)  # two pings of the PC
    expect(page.get_by_test_id("keys-alt_tab")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("special-keys")).to_be_focused()
    page.get_by_test_id("keyboard").focus()
    page.keyboard.press("Control+Alt+Shift")
    expect(page.get_by_test_id("special-keys")).to_be_focused()
