"""The console in a real Chromium, against a server, a relay and a PC of its own (console/tests/world)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.fakes.console_world import (
    WITHIN_MS,
    World,
    claim,
    comes_again,
    connect,
    controlling,
    sign_in,
    state,
    until,
)

pytestmark = [pytest.mark.system, pytest.mark.slow]


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

    def keys(*, down_only: bool) -> list[object]:
        given = [message for message in world.input() if message["t"] == "key"]
        return [message["key"] for message in given if message["down"] or not down_only]

    # the PC has them when the line has carried them, which on a busy machine is later than the press
    until(page, lambda: keys(down_only=True) == ["A", "b", "Control", "Tab"])
    assert (0, 300, 200, "move") in [tuple(message.values()) for message in world.input()]
    page.get_by_test_id("special-keys").click()
    page.get_by_test_id("keys-ctrl_alt_del").click()
    until(page, lambda: page.evaluate("document.activeElement.tagName === 'TEXTAREA'"))
    until(page, lambda: keys(down_only=False)[-6:-3] == ["Control", "Alt", "Delete"])
    world.do("stop")
    over = page.get_by_test_id("session-over")
    expect(over).to_have_attribute("data-outcome", "stopped")
    assert page.locator("canvas").count() == 0


def test_input_is_held_back_while_a_prompt_is_open_or_the_technician_pauses(page: Page, world: World) -> None:
    controlling(page, world)
    for word, says in (("hold", "A question is open"), ("pause", "has paused")):
        world.do(word)
        expect(page.get_by_test_id("veil")).to_contain_text(says, timeout=WITHIN_MS)
        before = len(world.input())
        page.keyboard.type("secret")
        world.do(word, yes=False)
        expect(page.get_by_test_id("veil")).to_have_count(0, timeout=WITHIN_MS)
        page.keyboard.type("x")
        until(page, lambda: [message.get("key") for message in world.input()][-1:] == ["x"])
        assert all(message.get("key") in (None, "x") for message in world.input()[before:])


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


@pytest.mark.parametrize("width_px", [1681, 980])
def test_nothing_beside_the_picture_is_cut_off_in_either_language(page: Page, world: World, width_px: int) -> None:
    page.set_viewport_size({"width": width_px, "height": 961})
    controlling(page, world)
    for language in ("ES", "EN"):
        page.get_by_role("button", name=language, exact=True).click()
        beyond = page.evaluate("""() => {
            const aside = document.querySelector("aside.beside"), edge = aside.getBoundingClientRect().right;
            return [...aside.querySelectorAll("*")].filter((each) => each.getBoundingClientRect().right > edge + 0.5)
                .map((each) => each.className + ": " + each.textContent);
        }""")
        assert beyond == [], language


def test_an_ended_sign_in_and_a_lost_server_are_said(page: Page, world: World) -> None:
    world.do("streams")
    expect(page.get_by_test_id("queue-live")).to_have_attribute("data-state", "live")
    world.do("sign_out")
    page.get_by_test_id("request-claim").first.click()
    page.get_by_test_id("sign-in-account").wait_for()
    sign_in(page, world)


def test_the_focus_stays_where_the_associate_put_it(page: Page, world: World) -> None:
    controlling(page, world)
    until(page, lambda: page.evaluate("document.activeElement.dataset.testid === 'keyboard'"))
    page.get_by_test_id("special-keys").click()
    page.wait_for_timeout(2500)  # two pings of the PC
    expect(page.get_by_test_id("keys-alt_tab")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("special-keys")).to_be_focused()
    page.get_by_test_id("keyboard").focus()
    page.keyboard.press("Control+Alt+Shift")
    expect(page.get_by_test_id("special-keys")).to_be_focused()
