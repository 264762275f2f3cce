"""The ways in: the provider's button, what one is told on the way back, the second factor, and proving it once more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.fakes.console_world import World

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture
def stranger(browser: Browser, world: World) -> Iterator[Page]:
    """Nobody is signed in."""
    world.do("reset")
    world.do("sign_out")
    world.do("must_change", yes=False)
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
    yield page
    context.close()
    world.do("ways")
    world.do("factor")
    world.do("stale", yes=False)
    world.do("elsewhere", yes=False)
    assert errors == []


def given(page: Page, code: str | None = None) -> None:
    if code is None:
        page.get_by_test_id("sign-in-account").fill("m.ferrer")
        page.get_by_test_id("sign-in-password").fill("given-password")
    else:
        page.get_by_test_id("sign-in-code").fill(code)
    page.get_by_test_id("sign-in-submit").click()


def test_where_there_is_a_provider_its_button_comes_first(stranger: Page, world: World) -> None:
    world.do("ways", provider="Cytolux sign-in", local=False)
    stranger.goto(world.url)
    button = stranger.get_by_test_id("sign-in-provider")
    expect(button).to_have_text("Continue with Cytolux sign-in")
    expect(button).to_have_attribute("href", "/api/sso/start")
    expect(stranger.get_by_test_id("sign-in-account")).to_have_count(0)
    world.do("ways", provider="Cytolux sign-in", local=True)
    stranger.reload()
    expect(stranger.get_by_test_id("sign-in-account")).to_be_visible()
    with stranger.expect_request("**/api/sso/start"):
        button.click()


def test_a_server_where_nobody_can_sign_in_says_so(stranger: Page, world: World) -> None:
    world.do("ways", local=False)
    stranger.goto(world.url)
    expect(stranger.get_by_test_id("sign-in-none")).to_contain_text("Tell the person who runs it")


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("late", "took too long"),
        ("account", "no account for you here"),
        ("provider", "cannot be trusted"),
        ("away", "cannot be reached"),
        ("wait", "too many tries"),
        ("refused", "did not let you in"),
        ("address", "knows no confirmed address"),
        ("<img src=x onerror=alert(1)>", "did not let you in"),
    ],
)
def test_why_the_way_led_back_is_said_once(stranger: Page, world: World, why: str, words: str) -> None:
    stranger.goto(f"{world.url}/?sign-in={why}")
    expect(stranger.get_by_test_id("sign-in-problem")).to_contain_text(words)
    assert stranger.url == f"{world.url}/"
    stranger.reload()
    expect(stranger.get_by_test_id("sign-in-submit")).to_be_visible()
    expect(stranger.get_by_test_id("sign-in-problem")).to_have_count(0)


def test_a_code_is_asked_for_after_the_password(stranger: Page, world: World) -> None:
    world.do("factor", code="246810")
    stranger.goto(world.url)
    given(stranger)
    expect(stranger.get_by_test_id("sign-in-code")).to_be_focused()
    given(stranger, "111 111")
    expect(stranger.get_by_test_id("sign-in-problem")).to_contain_text("That code is not right")
    given(stranger, "246 810")
    expect(stranger.get_by_test_id("queue-live")).to_have_attribute("data-state", "live")


def test_the_second_factor_is_set_up_before_anything_else(stranger: Page, world: World) -> None:
    world.do("factor", yes=False)
    stranger.goto(world.url)
    given(stranger)
    expect(stranger.get_by_test_id("factor-secret")).to_have_text("JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP")
    stranger.goto(f"{world.url}/history")
    stranger.get_by_test_id("factor-code").fill("000000")
    stranger.get_by_test_id("factor-submit").click()
    expect(stranger.get_by_test_id("factor-problem")).to_contain_text("not the digits")
    stranger.get_by_test_id("factor-code").fill("123 456")
    stranger.get_by_test_id("factor-submit").click()
    expect(stranger.get_by_test_id("queue-live")).to_have_attribute("data-state", "live")


def test_a_claim_asks_for_a_fresh_proof_and_goes_on_after_it(stranger: Page, world: World) -> None:
    stranger.goto(world.url)
    given(stranger)
    expect(stranger.get_by_test_id("queue-live")).to_have_attribute("data-state", "live")
    world.do("add")
    world.do("factor", code="135791")
    world.do("stale")
    stranger.get_by_test_id("request-claim").click()
    stranger.get_by_test_id("step-up-password").fill("given-password")
    stranger.get_by_test_id("step-up-code").fill("000000")
    stranger.get_by_test_id("step-up-submit").click()
    expect(stranger.get_by_test_id("step-up-problem")).to_be_visible()
    stranger.keyboard.press("Escape")
    expect(stranger.get_by_test_id("step-up-password")).to_have_count(0)
    stranger.get_by_test_id("request-claim").click()
    stranger.get_by_test_id("step-up-password").fill("given-password")
    stranger.get_by_test_id("step-up-code").fill("135 791")
    stranger.get_by_test_id("step-up-submit").click()
    stranger.wait_for_url("**/session/*")


def test_who_came_over_the_provider_proves_it_there(stranger: Page, world: World) -> None:
    stranger.goto(world.url)
    given(stranger)
    expect(stranger.get_by_test_id("queue-live")).to_have_attribute("data-state", "live")
    world.do("ways", provider="Cytolux sign-in", local=False)
    stranger.reload()
    world.do("add")
    world.do("stale")
    stranger.get_by_test_id("request-claim").click()
    expect(stranger.get_by_test_id("step-up-provider")).to_have_attribute("href", "/api/sso/start?again=true")
    expect(stranger.get_by_test_id("step-up-password")).to_have_count(0)


LINK = "L" * 43
"""What the world's mail would hold."""


def test_from_elsewhere_nothing_works_before_the_link_was_used(stranger: Page, world: World) -> None:
    world.do("elsewhere")
    stranger.clock.install()
    stranger.goto(world.url)
    given(stranger)
    stranger.clock.run_for(1000)
    expect(stranger.get_by_test_id("location-sent")).to_contain_text("m…@cytolux.example")
    stranger.goto(f"{world.url}/history")
    resend = stranger.get_by_test_id("location-resend")
    expect(resend).to_be_disabled()
    expect(stranger.locator("nav")).to_have_count(0)
    stranger.clock.fast_forward(30_000)
    expect(resend).to_be_disabled()
    world.do("link", sent=True, wait_s=0)
    stranger.clock.fast_forward(5_000)
    with stranger.expect_request("**/api/location/mail") as asked:
        resend.click()
    assert asked.value.post_data_json == {"language": "en"}
    expect(stranger.get_by_test_id("location-again")).to_contain_text("Another link is on its way")
    expect(resend).to_be_disabled()


def test_who_signs_in_a_second_time_is_told_that_no_link_went_out(stranger: Page, world: World) -> None:
    """The one that went out is of the sign-in before, and lets in no other."""
    world.do("elsewhere")
    world.do("link", sent=False, why="others", wait_s=45)
    stranger.clock.install()
    stranger.goto(world.url)
    given(stranger)
    stranger.clock.run_for(1000)
    expect(stranger.get_by_test_id("location-not-sent")).to_contain_text("belongs to the sign-in of before")
    expect(stranger.get_by_test_id("location-sent")).to_have_count(0)
    resend = stranger.get_by_test_id("location-resend")
    expect(resend).to_be_disabled()
    expect(resend).to_contain_text("Send another link in")
    world.do("link", sent=False, why="others", wait_s=0)
    stranger.clock.fast_forward(5_000)
    resend.click()
    expect(stranger.get_by_test_id("location-sent")).to_contain_text("m…@cytolux.example")
    expect(stranger.get_by_test_id("location-not-sent")).to_have_count(0)
    expect(resend).to_be_disabled()


def test_whose_link_is_too_old_is_told_so_and_sends_another(stranger: Page, world: World) -> None:
    """The sign-in waits for twenty minutes, and a link is good for ten."""
    world.do("elsewhere")
    stranger.clock.install()
    stranger.goto(world.url)
    given(stranger)
    stranger.clock.run_for(1000)
    expect(stranger.get_by_test_id("location-sent")).to_be_visible()
    world.do("link", sent=False, why="expired", wait_s=0)
    stranger.clock.fast_forward(5_000)
    expect(stranger.get_by_test_id("location-expired")).to_contain_text("was good for 10 minutes")
    expect(stranger.get_by_test_id("location-not-sent")).to_have_count(0)
    stranger.get_by_test_id("location-resend").click()
    expect(stranger.get_by_test_id("location-sent")).to_be_visible()
    expect(stranger.get_by_test_id("location-expired")).to_have_count(0)


def test_where_no_mail_goes_out_the_page_says_so(stranger: Page, world: World) -> None:
    world.do("elsewhere")
    world.do("link", sent=False, why="no_mail", wait_s=0)
    stranger.clock.install()
    stranger.goto(world.url)
    given(stranger)
    stranger.clock.run_for(1000)
    expect(stranger.get_by_test_id("location-not-sent")).to_contain_text("could not send an e-mail")
    stranger.get_by_test_id("location-resend").click()
    expect(stranger.get_by_test_id("location-problem")).to_contain_text("No e-mail could be sent just now")
    expect(stranger.get_by_test_id("location-again")).to_have_count(0)


def test_a_link_does_nothing_before_its_button_is_pressed(stranger: Page, world: World) -> None:
    world.do("elsewhere")
    stranger.goto(world.url)
    given(stranger)
    expect(stranger.get_by_test_id("location-sent")).to_be_visible()
    waiting = stranger
    link = waiting.context.new_page()
    asked: list[str] = []
    link.on("request", lambda one: asked.append(one.url))
    link.goto(f"{world.url}/location#{LINK}")
    expect(link.get_by_test_id("location-confirm")).to_be_visible()
    assert link.url == f"{world.url}/location"
    link.go_back()  # and nothing of it is left in the history
    link.go_forward()
    assert not any(LINK in url.partition("#")[0] for url in asked)
    link.goto("about:blank")
    link.goto(f"{world.url}/location#{LINK}")
    link.get_by_test_id("location-confirm").click()
    expect(link.get_by_test_id("queue-live")).to_have_attribute("data-state", "live")
    expect(waiting.get_by_test_id("queue-live")).to_have_attribute("data-state", "live")


def test_a_link_that_was_used_and_another_in_the_same_tab(stranger: Page, world: World) -> None:
    world.do("elsewhere")
    stranger.goto(world.url)
    given(stranger)
    expect(stranger.get_by_test_id("location-sent")).to_be_visible()
    stranger.goto(f"{world.url}/location#{'X' * 43}")
    stranger.get_by_test_id("location-confirm").click()
    expect(stranger.get_by_test_id("location-spent")).to_contain_text("older than 10 minutes")
    stranger.goto(f"{world.url}/location#<img src=x onerror=alert(1)>")
    expect(stranger.get_by_test_id("location-spent")).to_be_visible()
    stranger.goto(f"{world.url}/location#{LINK}")
    stranger.get_by_test_id("location-confirm").click()
    expect(stranger.get_by_test_id("queue-live")).to_have_attribute("data-state", "live")


def test_in_another_browser_the_link_says_what_to_do_and_can_end_the_sign_in(stranger: Page, world: World) -> None:
    stranger.goto(f"{world.url}/location#{LINK}")
    expect(stranger.get_by_test_id("location-elsewhere")).to_contain_text("the browser in which you began")
    expect(stranger.get_by_test_id("location-confirm")).to_have_count(0)
    stranger.get_by_test_id("location-deny").click()
    expect(stranger.get_by_test_id("location-denied")).to_contain_text("Tell the person who runs this server")


def test_it_was_not_me_ends_the_sign_in_that_waits(stranger: Page, world: World) -> None:
    world.do("elsewhere")
    stranger.goto(world.url)
    given(stranger)
    expect(stranger.get_by_test_id("location-sent")).to_be_visible()
    link = stranger.context.new_page()
    link.goto(f"{world.url}/location#{LINK}")
    link.get_by_test_id("location-deny").click()
    expect(link.get_by_test_id("location-denied")).to_be_visible()
    expect(stranger.get_by_test_id("sign-in-submit")).to_be_visible()


@pytest.mark.parametrize(("language", "word"), [("en", "Confirm that it is you"), ("es", "Confirme que es usted")])
def test_the_pages_of_a_new_location_in_both_languages(
    stranger: Page, world: World, tmp_path: Path, language: str, word: str
) -> None:
    world.do("elsewhere")
    stranger.goto(world.url)
    stranger.get_by_test_id(f"language-{language}").click()
    given(stranger)
    expect(stranger.get_by_role("heading", name=word)).to_be_visible()
    stranger.screenshot(path=tmp_path / f"new-location.{language}.png")
    link = stranger.context.new_page()
    link.goto(f"{world.url}/location#{LINK}")
    expect(link.get_by_test_id("location-confirm")).to_be_visible()
    link.screenshot(path=tmp_path / f"location-link.{language}.png")
    link.get_by_test_id("location-deny").click()
    expect(link.get_by_test_id("location-denied")).to_be_visible()
    link.screenshot(path=tmp_path / f"location-denied.{language}.png")
    link.goto("about:blank")
    link.goto(f"{world.url}/location#{LINK}")
    expect(link.get_by_test_id("location-elsewhere")).to_be_visible()
    link.screenshot(path=tmp_path / f"location-elsewhere.{language}.png")
