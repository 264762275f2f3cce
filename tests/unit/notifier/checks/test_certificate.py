"""Certificates: what our small reader reads of real ones, of broken ones, and what the check says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.notifier.checks.conditions import off, on, whole

from benchside.notifier.checks.certificate import CertificateLook
from benchside.notifier.checks.named_file import named_file
from benchside.notifier.checks.options import CertificateSettings
from benchside.notifier.checks.validity import Validity, certificates_of, read_validity
from benchside.protocol.wire.condition import Signal

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


@cache
def certificate(name: str, days: int) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Hospital"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    ends = NOW + timedelta(days=days)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    made = made.serial_number(1000).not_valid_before(ends - timedelta(days=400)).not_valid_after(ends)
    return made.sign(key, hashes.SHA256())


@pytest.mark.parametrize("days", [-20_000, -3, 100, 9_000, 30_000])
def test_it_reads_what_a_library_reads(days: int) -> None:
    made = certificate("pc-7.lab.example", days)
    read = read_validity(made.public_bytes(DER))
    assert read == Validity(made.not_valid_after_utc, "pc-7.lab.example")


def test_names_of_any_script_are_read() -> None:
    assert read_validity(certificate("Mª José\n名", 10).public_bytes(DER)).name == "Mª José 名"


def test_a_cut_certificate_is_refused_at_each_length() -> None:
    whole = certificate("pc-7.lab.example", 100).public_bytes(DER)
    for length in range(len(whole)):
        with pytest.raises(ValueError):
            read_validity(whole[:length])


@given(st.binary(max_size=200), st.integers(0, 300))
def test_rubbish_is_a_value_error_at_worst(rubbish: bytes, at: int) -> None:
    whole = certificate("pc-7.lab.example", 100).public_bytes(DER)
    for data in (rubbish, b"\x30" + rubbish, whole[:at] + rubbish + whole[at + len(rubbish) :]):
        try:
            read_validity(data)
        except ValueError:
            continue


def test_files_with_one_with_many_and_with_none() -> None:
    one, two = certificate("a.example", 1), certificate("b.example", 2)
    pem = b"text before\n" + one.public_bytes(PEM) + b"\n" + two.public_bytes(PEM)
    assert certificates_of(pem) == [one.public_bytes(DER), two.public_bytes(DER)]
    assert certificates_of(one.public_bytes(DER)) == [one.public_bytes(DER)]
    for none in (b"", b"-----BEGIN CERTIFICATE-----", b"\x00" * 50):
        with pytest.raises(ValueError):
            certificates_of(none)


def look(*files: Path, store: tuple[x509.Certificate, ...] = ()) -> Callable[[], list[Signal]]:
    settings = CertificateSettings(files=tuple(map(str, files)))
    return whole(
        "certificate", CertificateLook(settings, lambda: [one.public_bytes(DER) for one in store], lambda: NOW)
    )


def test_a_file_is_said_before_it_runs_out_and_after(tmp_path: Path) -> None:
    path = tmp_path / "lis.pem"
    path.write_bytes(certificate("a", 200).public_bytes(PEM) + certificate("b", 20).public_bytes(PEM))
    looks = look(path)
    assert on(looks()) == {("lis.pem", "expires_soon"): {"days": 20, "day": "2026-12-19"}}
    path.write_bytes(certificate("a", -3).public_bytes(PEM))
    assert on(looks()) == {("lis.pem", "expired"): {"days": 0, "day": "2026-11-26"}}
    path.write_bytes(b"new")
    signals = looks()
    assert on(signals) == {("lis.pem", "unreadable"): {}}
    assert off(signals) == {("lis.pem", "expired")}


def test_a_file_that_is_not_there_and_one_that_never_ends(tmp_path: Path) -> None:
    assert on(look(tmp_path / "gone.pem", Path("/dev/zero"))()).keys() == {
        ("gone.pem", "unreadable"),
        ("zero", "unreadable"),
    }


def test_two_files_of_one_name_are_told_apart_by_names_of_their_own(tmp_path: Path) -> None:
    """As certbot writes them: every host has a cert.pem."""
    texts = []
    for name, days in (("LIS", 5), ("Web server", 200)):
        path = tmp_path / name / "cert.pem"
        path.parent.mkdir()
        path.write_bytes(certificate("a", days).public_bytes(PEM))
        texts.append(f"{name} = {path}")
    signals = CertificateLook(CertificateSettings(files=tuple(texts)), list, lambda: NOW)()
    assert on(signals).keys() == {("LIS", "expires_soon")}
    assert ("Web server", "expires_soon") in off(signals)


@pytest.mark.parametrize(
    ("text", "name", "path"),
    [
        ("/etc/lis/cert.pem", "cert.pem", "/etc/lis/cert.pem"),
        ("C:\\lis\\cert.pem", "cert.pem", "C:\\lis\\cert.pem"),
        ("LIS = C:\\lis\\cert.pem", "LIS", "C:\\lis\\cert.pem"),
        ("/etc/a = b/cert.pem", "cert.pem", "/etc/a = b/cert.pem"),
        ("a=b.pem", "a=b.pem", "a=b.pem"),
    ],
)
def test_a_name_of_its_own_is_told_from_a_path(text: str, name: str, path: str) -> None:
    assert named_file(text) == (name, path)


def test_of_the_store_the_newest_of_each_host_counts_and_no_person_is_named() -> None:
    store = (
        certificate("pc.lab.example", -100),
        certificate("pc.lab.example", 300),
        certificate("Ana García Soto", 5),
    )
    signals = look(store=store)()
    (subject, code), *more = on(signals)
    assert not more
    assert (subject.startswith("SHA-256 "), code) == (True, "expires_soon")
    assert ("pc.lab.example", "expired") in off(signals)
    assert "Ana" not in str(signals)


def test_what_has_left_the_store_is_off() -> None:
    store = [certificate("pc.lab.example", -100).public_bytes(DER)]
    looks = whole("certificate", CertificateLook(CertificateSettings(), lambda: list(store), lambda: NOW))
    assert ("pc.lab.example", "expired") in on(looks())
    store[:] = [b"what we cannot read"]
    assert ("pc.lab.example", "expired") in off(looks())
    assert looks() == []
