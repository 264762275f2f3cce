"""Targets: only what the operator's file allows, whatever an URL says of itself."""

from __future__ import annotations

import pytest

from benchside.protocol.errors import RefusedError
from benchside.server.alerts.targets import mail_address, open_target, parse_allowed

pytestmark = pytest.mark.slow  # Apprise takes its time to load

ALLOWED = parse_allowed("slack:// jsons://hooks.lab.example json://127.0.0.1:8099 xml://Hooks.lab.example/")
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general"


@pytest.mark.parametrize(
    "target",
    [
        "jsons://hooks.lab.example/path?x=1",
        "jsons://user:pass@HOOKS.lab.example/",
        "json://127.0.0.1:8099/",
        "xml://hooks.lab.example",
        SLACK,
    ],
)
def test_what_is_allowed(target: str) -> None:
    more = "&" if "?" in target else "?"
    assert open_target(f"{target}{more}redirect=yes", ALLOWED).redirects is False
    assert open_target(f"{target}{more}verify=no", ALLOWED).verify_certificate is True


@pytest.mark.parametrize(
    "target",
    [
        "jsons://hooks.lab.example:8443/",
        "jsons://hooks.lab.example.evil.example/",
        "jsons://hooks.lab.example@evil.example/",
        "jsons://evil.example/hooks.lab.example",
        "json://hooks.lab.example/",
        "json://127.0.0.1/",
        "json://127.0.0.1:8099@169.254.169.254/",
        "json://169.254.169.254/",
        "xmls://hooks.lab.example",
        "file:///etc/passwd",
        "syslog://",
        "mailto://user:pass@example.com",
        "discord://1234567890/abcdefghijklmnopqrstuvwxyz",
        "rubbish",
        "rubbish://x",
        "json://" + "a" * 2000,
        "",
    ],
)
def test_what_is_not(target: str) -> None:
    with pytest.raises(RefusedError) as refused:
        open_target(target, ALLOWED)
    assert "evil" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["mailto", "mailtos", "MailTo", "MAILTOS"])
def test_mail_does_not_go_through_apprise_whatever_the_list_says(scheme: str) -> None:
    allowed = parse_allowed("mailto://lab.example mailtos://lab.example mailto:// mailtos://")
    for rest in ("user:pass@lab.example?smtp=169.254.169.254", "user:pass@lab.example"):
        with pytest.raises(RefusedError, match="expected mailto:ADDRESS"):
            open_target(f"{scheme}://{rest}", allowed)


def test_a_service_with_hosts_needs_its_host_in_the_list() -> None:
    with pytest.raises(RefusedError):
        open_target("jsons://hooks.lab.example/", parse_allowed("jsons://"))


def test_addresses_are_ours() -> None:
    assert mail_address("mailto:ana@lab.example") == "ana@lab.example"
    for bad in ("mailto:ana", "mailto:ana@lab.example,ben@lab.example", "mailto://ana@lab.example", "ana@lab.example"):
        assert mail_address(bad) is None


@pytest.mark.parametrize(
    "target",
    [
        SLACK.partition("#")[0] + "?template=http://169.254.169.254/latest",
        SLACK.partition("#")[0] + "?%74emplate=/etc/benchside/server.toml",
        "discord://1234567890/abcdefghijklmnopqrstuvwxyz?template=/etc/passwd",
        "fcm://project/topic?keyfile=http://169.254.169.254/latest",
        "fcm://project/topic?mode=oauth2&keyfile=/etc/passwd",
        "vapid://me@lab.example/you@lab.example?subfile=/etc/passwd&keyfile=/etc/passwd",
        "acs://me@lab.example/c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0/evil.example.com/you@lab.example",
        "deltachat://user:pass@lab.example/you@lab.example?smtp=169.254.169.254",
    ],
)
def test_no_target_reads_a_file_or_dials_beside_its_service(target: str) -> None:
    allowed = parse_allowed(
        "slack:// discord:// fcm://topic fcm:// vapid:// acs:// deltachat://lab.example deltachat://"
    )
    with pytest.raises(RefusedError):
        open_target(target, allowed)
