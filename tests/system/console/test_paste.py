"""Pasting into the viewer: asked once with its length, typed on the PC, and stopped when the associate says so."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.fakes.console_world import World, controlling, until

pytestmark = [pytest.mark.system, pytest.mark.slow]


def copy(page: Page, text: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)


def typed(world: World) -> list[str]:
    return [message["text"] for message in world.input() if message["t"] == "type"]


def test_a_paste_is_asked_for_and_typed(page: Page, world: World) -> None:
    controlling(page, world)
    copy(page, "µ 5\r\n😀")
    page.get_by_test_id("keyboard").focus()
    page.keyboard.press("Control+v")
    expect(page.get_by_test_id("type-field")).to_have_value("µ 5\n😀")
    expect(page.get_by_test_id("type-count")).to_contain_text("5 characters")
    assert typed(world) == []
    assert "v" not in [message.get("key") for message in world.input()]
    page.keyboard.press("Enter")
    until(page, lambda: typed(world) == ["µ 5\n😀"])
    expect(page.get_by_test_id("type-text")).to_have_count(0)
    page.keyboard.type("x")
    until(page, lambda: [message.get("key") for message in world.input()][-1:] == ["x"])


def test_the_pc_s_own_clipboard_can_still_be_pasted(page: Page, world: World) -> None:
    controlling(page, world)
    copy(page, "mine")
    page.get_by_test_id("keyboard").focus()
    page.keyboard.press("Control+v")
    page.get_by_test_id("type-shortcut").click()
    chord = [("Control", True), ("v", True), ("v", False), ("Control", False)]
    until(
        page,
        lambda: [(each.get("key"), each.get("down")) for each in world.input() if each["t"] == "key"][-4:] == chord,
    )
    assert typed(world) == []


def test_a_long_text_shows_its_progress_and_can_be_stopped(page: Page, world: World) -> None:
    controlling(page, world)
    copy(page, "word " * 100)
    page.get_by_test_id("special-keys").click()
    page.get_by_test_id("keys-type").click()
    expect(page.get_by_test_id("type-field")).to_have_value("word " * 100)
    page.get_by_test_id("type-confirm").click()
    expect(page.get_by_test_id("type-progress")).to_contain_text("250 of 500")
    page.get_by_test_id("type-stop").click()
    expect(page.get_by_test_id("type-ended")).to_contain_text("stopped after 250 of 500")
    assert typed(world) == ["word " * 100, ""]


def test_what_cannot_be_typed_is_said(page: Page, world: World) -> None:
    controlling(page, world)
    copy(page, "x" * 4097)
    page.get_by_test_id("keyboard").focus()
    page.keyboard.press("Control+v")
    expect(page.get_by_test_id("type-count")).to_contain_text("At most 4,096")
    expect(page.get_by_test_id("type-confirm")).to_be_disabled()
    page.get_by_test_id("type-field").fill("short")
    expect(page.get_by_test_id("type-confirm")).to_be_enabled()
    page.get_by_test_id("type-cancel").click()
    expect(page.get_by_test_id("type-text")).to_have_count(0)
    assert typed(world) == []
