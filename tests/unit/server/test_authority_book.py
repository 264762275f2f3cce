"""The authority: versions that only rise, keys of one person only, rotation, and the command's words."""

from __future__ import annotations

import io
import os
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.fakes.people import associate, site

from benchside.protocol.errors import UnavailableError
from benchside.protocol.trust.policy import AuthorityPin, follow_rotations, read_policy
from benchside.protocol.wire.link import LINK, PolicyOffered
from benchside.protocol.wire.policy import AssociateEntry, PolicyPayload, Scope
from benchside.server.authority.app import main
from benchside.server.authority.book import AuthorityBook
from benchside.server.authority.proposal import PROPOSAL, Proposal
from benchside.server.clock import utc_ms


def public_pem() -> bytes:
    return (
        Ed25519PrivateKey.generate()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def authority(folder: Path, *words: str) -> int:
    return main(["--dir", str(folder), *words])


@pytest.fixture(autouse=True)
def compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person at the keyboard who compares each fingerprint."""
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n" * 9))


def sign_in(folder: Path, account: str = "ana", fingerprint: str = "ab" * 32, *more: str) -> int:
    return authority(
        folder, "sign-in", "--id", account, "--name", "Ana Example", "--organisation", "Vendor", "--fingerprint",
        fingerprint, "--region", "global", "--customer", "*", "--site", "*", "--model", "CX-200",
        "--training", "privacy=gdpr=2030-01-31", *more,
    )  # fmt: skip


def add_site(folder: Path, *more: str) -> int:
    return authority(
        folder, "site", "--id", "lab-1", "--customer", "hospital", "--region", "global", "--law", "gdpr",
        "--time-zone", "Europe/Madrid", *more,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert authority(tmp_path / "a", "init") == 0
    (tmp_path / "ticket.pem").write_bytes(public_pem())
    assert authority(tmp_path / "a", "ticket-key", str(tmp_path / "ticket.pem")) == 0
    return tmp_path / "a"


def test_what_is_exported_is_believed_by_whom_pins_the_key(folder: Path, tmp_path: Path) -> None:
    book = AuthorityBook(folder, utc_ms)
    first = book.public_key()
    assert sign_in(folder) == 0
    assert authority(folder, "export", str(tmp_path / "policy")) == 0
    offered = LINK.decode((tmp_path / "policy").read_bytes())
    assert isinstance(offered, PolicyOffered)
    policy = read_policy(offered.policy, AuthorityPin(key=first), at_least_version=2)
    entry = policy.associate("ana")
    assert entry is not None
    assert (entry.name, entry.scopes[0].sites, entry.expires_utc_ms) == ("Ana Example", ("*",), 1_896_134_400_000)
    assert authority(folder, "rotate") == 0
    assert not (folder / "authority-0.pem").exists()
    assert authority(folder, "sign-out", "--id", "ana") == 0
    assert authority(folder, "export", str(tmp_path / "policy")) == 0
    offered = LINK.decode((tmp_path / "policy").read_bytes())
    assert isinstance(offered, PolicyOffered)
    pin = follow_rotations(AuthorityPin(key=first), offered.rotations)
    assert pin.key == book.public_key()
    assert read_policy(offered.policy, pin, at_least_version=4).associate("ana") is None


def exported(path: Path, key: bytes) -> PolicyPayload:
    offered = LINK.decode(path.read_bytes())
    assert isinstance(offered, PolicyOffered)
    return read_policy(offered.policy, AuthorityPin(key=key), at_least_version=1).payload


def test_a_region_is_given_only_what_it_needs_to_know(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book, path = AuthorityBook(folder, utc_ms), tmp_path / "policy"
    assert sign_in(folder) == sign_in(folder, "both", "cd" * 32, "--region", "cn") == 0
    assert sign_in(folder, "wei", "ef" * 32) == 0
    wei = msgspec.structs.replace(book.state().associates[-1], regions=("cn",))
    book.take((*book.state().associates[:-1], wei), book.state().sites)
    assert add_site(folder) == add_site(folder, "--id", "lab-cn", "--customer", "other", "--region", "cn") == 0
    for words, associates, sites in (
        ((), {"ana", "both", "wei"}, {"lab-1", "lab-cn"}),
        (("--region", "global"), {"ana", "both"}, {"lab-1"}),
        (("--region", "cn"), {"both", "wei"}, {"lab-cn"}),
    ):
        capsys.readouterr()
        assert authority(folder, "export", str(path), *words) == 0
        assert ("people and sites of cn and global" in capsys.readouterr().out) is (not words)
        payload = exported(path, book.public_key())
        assert {one.id for one in payload.associates} == associates
        assert {one.id for one in payload.sites} == sites
        assert payload.version == book.state().version
    both = next(one for one in payload.associates if one.id == "both")
    assert (both.regions, both.scopes[0].sites) == (("cn",), ("*",))


def test_a_region_hears_of_no_place_of_another_one(folder: Path, tmp_path: Path) -> None:
    book, path = AuthorityBook(folder, utc_ms), tmp_path / "policy"
    assert add_site(folder) == add_site(folder, "--id", "lab-cn", "--customer", "other", "--region", "cn") == 0
    assert sign_in(folder, "both", "cd" * 32, "--region", "cn") == 0
    both = book.state().associates[0]
    scopes = (
        Scope(customers=("hospital", "other"), sites=("*",), models=("*",)),
        Scope(customers=("*",), sites=("lab-1",), models=("*",)),
        Scope(customers=("*",), sites=("lab-cn", "lab-new"), models=("*",)),
    )
    book.take((msgspec.structs.replace(both, scopes=scopes),), book.state().sites)
    assert authority(folder, "export", str(path), "--region", "cn") == 0
    (kept,) = exported(path, book.public_key()).associates
    assert [(one.customers, one.sites) for one in kept.scopes] == [
        (("other",), ("*",)),
        (("*",), ("lab-cn", "lab-new")),
    ]


def test_files_are_for_their_owner_alone(folder: Path) -> None:
    assert (folder / "authority-0.pem").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    (folder / "authority-0.pem").chmod(0o640)
    with pytest.raises(UnavailableError, match="chmod 600"):
        AuthorityBook(folder, utc_ms).export(lambda: b"")


def test_what_a_site_asks_for_is_signed_and_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = ("--hours", "mon-fri 08:00-17:00", "--hours", "sat 22:00-02:00", "--named", "ana", "--second-eyes")
    assert add_site(folder, *rules) == 0
    capsys.readouterr()
    assert authority(folder, "list") == 0
    shown = capsys.readouterr().out
    for words in ("of hospital; global; laws gdpr", "mon,tue,wed,thu,fri 08:00-17:00", "sun 00:00-02:00", "only ana"):
        assert words in shown
    assert "a second associate must agree" in shown
    assert add_site(folder) == 0
    assert authority(folder, "list") == 0
    assert "only ana" not in capsys.readouterr().out
    assert authority(folder, "site-out", "--id", "lab-1") == 0


def proposal(folder: Path, *associates: AssociateEntry, region: str = "global") -> Path:
    path = folder.parent / "proposal"
    lab = site("lab-2", region=region)
    path.write_bytes(
        PROPOSAL.encode(Proposal(version=1, region=region, made_utc_ms=1, associates=associates, sites=(lab,)))
    )
    return path


def test_a_proposal_is_taken_whole_once_each_new_key_was_compared(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sign_in(folder) == 0
    later = utc_ms() + 86_400_000
    ben, zoe = associate("ben", b"b" * 32, expires_utc_ms=later), associate("zoe", b"z" * 32, expires_utc_ms=later)
    path = proposal(folder, ben, zoe)
    for answers in ("no\n", "yes\nno\n", "yes\nyes\nno\n", ""):
        monkeypatch.setattr("sys.stdin", io.StringIO(answers))
        assert authority(folder, "review", str(path)) == 1
        assert [one.id for one in AuthorityBook(folder, utc_ms).state().associates] == ["ana"]
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n" * 3))
    capsys.readouterr()
    assert authority(folder, "review", str(path)) == 0
    shown = capsys.readouterr().out
    for words in ("removed associate ana", "added associate ben", "added site lab-2", "6262 6262"):
        assert words in shown
    state = AuthorityBook(folder, utc_ms).state()
    assert ([one.id for one in state.associates], [one.id for one in state.sites]) == (["ben", "zoe"], ["lab-2"])
    assert authority(folder, "review", str(path)) == 0
    assert "changes nothing" in capsys.readouterr().out


def test_a_proposal_that_reaches_beyond_its_region_is_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = associate("ben", b"b" * 32, regions=("global", "cn"), expires_utc_ms=utc_ms() + 1000)
    assert authority(folder, "review", str(proposal(folder, both))) == 1
    assert "outside its own region" in capsys.readouterr().err
    (folder.parent / "proposal").write_bytes(b"rubbish")
    assert authority(folder, "review", str(folder.parent / "proposal")) == 1
    assert "no proposal" in capsys.readouterr().err


def test_one_name_in_two_regions_is_refused_before_anybody_compares_a_key(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    later = utc_ms() + 86_400_000
    assert authority(folder, "review", str(proposal(folder, associate("ben", b"b" * 32, expires_utc_ms=later)))) == 0
    before = AuthorityBook(folder, utc_ms).state()
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    same = associate("ben", b"c" * 32, regions=("cn",), expires_utc_ms=later)
    for region, associates in (("cn", (same,)), ("cn", ())):
        assert authority(folder, "review", str(proposal(folder, *associates, region=region))) == 1
        assert "two regions name the" in capsys.readouterr().err
    with pytest.raises(UnavailableError, match="two regions name the associate 'ben'"):
        AuthorityBook(folder, utc_ms).take((*before.associates, same), before.sites)
    assert AuthorityBook(folder, utc_ms).state() == before


def test_mistakes_are_refused_with_one_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sign_in(folder) == 0
    for words, says in (
        (lambda: authority(folder, "init"), "not overwritten"),
        (lambda: sign_in(folder, "ben"), "has this key already"),
        (lambda: sign_in(folder, "ben", "abcd"), "64 hexadecimal digits"),
        (lambda: sign_in(folder, "be n", "cd" * 32), "no valid policy"),
        (lambda: sign_in(folder, "ben", "cd" * 32, "--expires", "soon"), "YYYY-MM-DD"),
        (lambda: sign_in(folder, "ben", "cd" * 32, "--expires", "2031-01-01"), "longer than any training"),
        (lambda: sign_in(folder, "ben", "cd" * 32, "--training", "privacy"), "COURSE=LAW=YYYY-MM-DD"),
        (lambda: add_site(folder, "--hours", "always"), "mon-fri 08:00-17:30"),
        (lambda: add_site(folder, "--time-zone", "Mars/Olympus"), "Europe/Madrid"),
        (lambda: add_site(folder, "--law", "THE LAW"), "no valid policy"),
        (lambda: authority(folder, "site-out", "--id", "zoe"), "no site"),
        (lambda: authority(folder, "sign-out", "--id", "zoe"), "no associate"),
        (lambda: authority(folder, "renew", "--days", "4000"), "1 to 400 days"),
        (lambda: authority(folder, "export", str(folder / "none" / "policy.bin")), "No such file"),
        (lambda: authority(folder, "public-key", str(folder)), "Is a directory"),
    ):
        assert words() == 1
        error = capsys.readouterr().err
        assert says in error
        assert len(error.strip().splitlines()) == 1
    assert AuthorityBook(folder, utc_ms).state().version == 2


@pytest.mark.parametrize("wrong", [("--law", "GDPR"), ("--named", "no body"), ("--customer", "")])
def test_nothing_is_written_that_cannot_be_read_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: tuple[str, str]
) -> None:
    """Also before the policy names a ticket key, without which there is none to try."""
    assert authority(tmp_path / "a", "init") == 0
    assert add_site(tmp_path / "a", *wrong) == 1
    assert "no valid policy" in capsys.readouterr().err
    assert sign_in(tmp_path / "a", "be n") == 1
    assert sign_in(tmp_path / "a", "ben", "ab" * 32, "--training", "privacy=GDPR=2031-01-31") == 1
    assert add_site(tmp_path / "a") == 0
    assert [one.id for one in AuthorityBook(tmp_path / "a", utc_ms).state().sites] == ["lab-1"]


def test_a_training_without_an_end_is_the_last_day_of_all(folder: Path) -> None:
    assert sign_in(folder, "ana", "ab" * 32, "--training", "privacy=pipl=9999-12-31") == 0
    assert AuthorityBook(folder, utc_ms).state().associates[0].expires_utc_ms == 253_402_300_799_999


@pytest.mark.slow
def test_as_many_as_a_large_vendor_has_are_kept_and_read_again(folder: Path) -> None:
    book, end = AuthorityBook(folder, utc_ms), 1_900_000_000_000
    keys = (number.to_bytes(32, "big") for number in range(4000))
    book.take(tuple(associate(f"a-{number}", key, expires_utc_ms=end) for number, key in enumerate(keys)), ())
    book.sign_out("a-7")
    assert len(book.state().associates) == 3999
    assert (folder / "authority.json").stat().st_size > 1024 * 1024


def test_a_passphrase_comes_from_a_descriptor_and_protects_the_key(tmp_path: Path) -> None:
    def words(passphrase: bytes, *rest: str) -> int:
        read, write = os.pipe()
        os.write(write, passphrase)
        os.close(write)
        return authority(tmp_path / "a", "--passphrase-fd", str(read), *rest)

    assert words(b"short\n", "init") == 1
    assert words(b"a long passphrase\n", "init") == 0
    assert b"ENCRYPTED" in (tmp_path / "a" / "authority-0.pem").read_bytes()
    (tmp_path / "ticket.pem").write_bytes(public_pem())
    assert authority(tmp_path / "a", "ticket-key", str(tmp_path / "ticket.pem")) == 0
    assert words(b"another passphrase", "export", str(tmp_path / "policy")) == 1
    assert words(b"a long passphrase", "export", str(tmp_path / "policy")) == 0
    assert words(b"a long passphrase", "rotate") == 0
    assert b"ENCRYPTED" in (tmp_path / "a" / "authority-1.pem").read_bytes()
