"""The gate's rules, the calls that are passed on, and visits: as pure as they are."""

from __future__ import annotations

import pytest

from benchside.console.calls import CALLS, is_call
from benchside.console.gate import Gate
from benchside.console.visits import MAX_COOKIES, MAX_VISITS, Visit, Visits
from benchside.server.http.table import ENTRY_POINTS
from benchside.transport.web.package import SSO_CALLBACK, is_package, loopback_callback, package_fields

OURS = {
    "host": "127.0.0.1:8460",
    "sec-fetch-site": "same-origin",
    "origin": "http://127.0.0.1:8460",
    "x-benchside": "1",
}
NOT_FOR_PAGES = {
    ("GET", "/healthz"), ("GET", "/api/about"), ("POST", "/api/csp-report"), ("POST", "/api/sso/logout"),
}  # fmt: skip


def test_what_a_server_has_is_passed_on_or_known_to_be_for_no_page() -> None:
    """A new entry point stands in console/calls.py, or here."""
    assert {(one.method, one.path) for one in ENTRY_POINTS} - NOT_FOR_PAGES == CALLS


def test_calls_match_whole_paths_only() -> None:
    assert is_call("POST", "/api/requests/0a1b/claim")
    assert is_call("DELETE", "/api/admin/people/corp/ana")
    assert not is_call("DELETE", "/api/admin/people/corp/../ana")
    assert not is_call("PUT", "/api/admin/alerts/corp/ana")
    for method, path in (
        ("GET", "/api/requests/0a1b/claim"), ("POST", "/api/requests//claim"), ("POST", "/api/requests/a/b/claim"),
        ("POST", "/api/requests/a/claim/"), ("POST", "/api/requests/a/claim\n"), ("GET", "/api/me "),
        ("GET", "/API/ME"),        ("POST", "/api/requests/../claim"),
        ("POST", f"/api/requests/{'a' * 65}/claim"), ("GET", "/api/mex"),
    ):  # fmt: skip
        assert not is_call(method, path), path


def test_our_own_page_passes() -> None:
    gate = Gate(8460)
    for method, path in (("GET", "/"), ("GET", "/api/me"), ("POST", "/api/sign-in"), ("GET", "/enter")):
        assert gate.refusal(method, path, OURS) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"host": "127.0.0.1:8461"}, "wrong_host"),
        ({"host": "localhost:8460"}, "wrong_host"),
        ({"content-length": "-1"}, "too_large"),
        ({"content-length": "²"}, "too_large"),
        ({"content-length": "99999"}, "too_large"),
        ({"sec-fetch-site": "same-site"}, "cross_site"),
        ({"origin": "http://127.0.0.1:8461"}, "cross_site"),
        ({"x-benchside": "2"}, "cross_site"),
    ],
)
def test_each_rule_alone_refuses(changes: dict[str, str], reason: str) -> None:
    refused = Gate(8460).refusal("POST", "/api/sign-in", OURS | changes)
    assert refused is not None
    assert refused.reason == reason


def test_a_visit_keeps_the_servers_own_cookies_and_forgets_those_taken_away() -> None:
    visit = Visit()
    visit.keep(
        [
            "__Host-benchside_session=a.b-c; Path=/; Secure",
            'benchside_attempt="x=="; HttpOnly',
            "other=1",
            "benchside_x=a b",
        ]
    )
    assert visit.shown() == '__Host-benchside_session=a.b-c; benchside_attempt="x=="'
    visit.keep(['benchside_attempt=""; expires=Thu; Max-Age=0; Path=/', "__Host-benchside_session=d"])
    assert visit.shown() == "__Host-benchside_session=d"
    visit.keep(f"benchside_{letter}=1" for letter in "abcdefghijkl")
    assert len(visit.cookies) == MAX_COOKIES
    visit.keep(["benchside_long=" + "x" * 2000, "benchside_a=1\r\nX: y"])
    assert "\r" not in visit.shown()


def test_an_invitation_lets_one_in_and_visits_are_bounded() -> None:
    visits = Visits()
    assert visits.enter("") is None
    first = visits.invite()
    second = visits.invite()
    assert visits.enter(first) is None
    token = visits.enter(second)
    assert token is not None
    assert visits.enter(second) is None
    assert visits.find(token) is not None
    assert visits.find("é\ud800") is None
    for _ in range(MAX_VISITS):
        visits.enter(visits.invite())
    assert visits.find(token) is None


def test_the_package_is_told_from_browsers() -> None:
    said = {name.lower(): value for name, value in package_fields("0.1.0", 8460).items()}
    assert is_package(said)
    assert loopback_callback(said) == f"http://127.0.0.1:8460{SSO_CALLBACK}"
    for name in ("origin", "sec-fetch-site", "sec-fetch-mode", "sec-ch-ua"):
        assert not is_package(said | {name: ""})
        assert loopback_callback(said | {name: ""}) is None
    for version in ("", "package/", "package/1 2", "browser/1", "package/" + "1" * 41):
        assert not is_package(said | {"x-benchside-console": version})
    for port in ("", "0", "70000", "080", "8460/", "8460@evil.example", "-1", "８"):
        assert loopback_callback(said | {"x-benchside-port": port}) is None
