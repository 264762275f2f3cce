"""server.toml and flags: what is taken, and one sentence for each mistake."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from benchside.protocol.errors import UnavailableError
from benchside.server.mail.making import warning_of
from benchside.server.settings import ServerSettings, add_flags, read_settings, settings_text


def given(tmp_path: Path, toml: str, *flags: str) -> ServerSettings:
    file = tmp_path / "server.toml"
    file.write_text(toml)
    parser = argparse.ArgumentParser()
    add_flags(parser)
    return read_settings(file, parser.parse_args(flags))


def test_flags_go_over_the_file_and_the_file_over_defaults(tmp_path: Path) -> None:
    settings = given(tmp_path, 'web = "127.0.0.1:1"\nphone = "+1 \\"2\\""', "--web", "127.0.0.1:2", "--region", "cn")
    assert (settings.web, settings.region, settings.link) == ("127.0.0.1:2", "cn", "127.0.0.1:8441")
    assert given(tmp_path, settings_text(settings)) == settings


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ('consoles = "none"', "any or package"),
        ("web = 1", "in quotes"),
        ('wep = "x"', "no setting 'wep'"),
        ("web = ", "TOML"),
        ('web = "localhost"', "HOST:PORT"),
        ('web = "127.0.0.1:99999"', "HOST:PORT"),
        ('web = "0.0.0.0:80"', "must be on loopback"),
        ('session = "192.0.2.1:443"', "must be on loopback"),
        ('tls_cert = "x.pem"', "belong together"),
        ('region = "eu"', "global or cn"),
        ('public_web = "https://host/path"', "without a path"),
        ('public_web = "ftp://host"', "public_web must be"),
        ('relay_name = "relay 1"', "relay_name must be"),
        ('phone = "+1\\n2"', "phone must be one line"),
        (f'server_name = "{"x" * 81}"', "at most 80"),
        ('public_link = "ws://link.example"', "must start with wss://"),
        ('new_location = "mail"', "needs smtp"),
        ('new_location = "on"', "mail or off"),
        ('smtp = "mail.example"', "HOST:PORT"),
        ('smtp = "mail.example:0"\nmail_from = "a@b.example"', "needs a port"),
        ('smtp = "mail.example:587"', "mail_from must be"),
        ('smtp = "mail.example:587"\nmail_from = "Us <a@b.example>"', "mail_from must be"),
        ('smtp = "mail.example:587"\nmail_from = "a@b.example"\nsmtp_tls = "maybe"', "starttls, tls or off"),
        ('smtp = "mail.example:25"\nmail_from = "a@b.example"\nsmtp_tls = "off"', "on loopback"),
        ('smtp = "mail.example:587"\nmail_from = "a@b.example"\nsmtp_user = "x"', "belong together"),
    ],
)
def test_mistakes_get_one_sentence(tmp_path: Path, toml: str, says: str) -> None:
    with pytest.raises(UnavailableError, match=says):
        given(tmp_path, toml)


@pytest.mark.parametrize(
    ("toml", "asks", "warning"),
    [
        ("", False, "smtp is not set"),
        ('new_location = "off"', False, "smtp is not set"),
        ('smtp = "mail.example:587"\nmail_from = "a@b.example"', True, None),
        ('smtp = "[::1]:25"\nsmtp_tls = "off"\nmail_from = "a@b"\nnew_location = "mail"', True, None),
        ('smtp = "mail.example:587"\nmail_from = "a@b.example"\nnew_location = "off"', False, "new_location is off"),
    ],
)
def test_new_locations_are_asked_for_where_mail_goes_out(
    tmp_path: Path, toml: str, asks: bool, warning: str | None
) -> None:
    settings = given(tmp_path, toml)
    assert settings.asks_location is asks
    assert (warning_of(settings) or "") == "" if warning is None else warning in (warning_of(settings) or "")


def test_with_tls_listeners_may_be_anywhere(tmp_path: Path) -> None:
    settings = given(tmp_path, 'web = "0.0.0.0:443"\ntls_cert = "a"\ntls_key = "b"\npublic_web = "https://web.example"')
    assert settings.tls
