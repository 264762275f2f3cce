"""The operator's commands on people: tables, groups, the proposal, and the authority that looks through it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from benchside.server.accounts.service import ACCOUNT
from benchside.server.admin import app as admin
from benchside.server.audit.kind import OPERATOR
from benchside.server.authority import app as authority

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    assert authority.main(["--dir", str(tmp_path / "authority"), "init"]) == 0
    assert authority.main(["--dir", str(tmp_path / "authority"), "public-key", str(tmp_path / "key.pem")]) == 0
    assert admin.main(["init", "--data", str(tmp_path / "data"), "--authority-key", str(tmp_path / "key.pem")]) == 0
    assert admin.main(["ticket-key", "--data", str(tmp_path / "data"), str(tmp_path / "ticket.pem")]) == 0
    assert authority.main(["--dir", str(tmp_path / "authority"), "ticket-key", str(tmp_path / "ticket.pem")]) == 0
    return tmp_path / "data"


def take(data: Path, kind: str, text: str, *more: str) -> int:
    table = data.parent / f"{kind}.csv"
    table.write_text(text)
    return admin.main(["import", "--data", str(data), kind, str(table), *more])


def group(data: Path, *more: str) -> int:
    scope = ("--customer", "st-anna", "--site", "*", "--model", "*")
    return admin.main(["group", "set", "--data", str(data), "north", "--name", "North", *scope, *more])


def test_a_site_comes_from_a_table_into_the_policy(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert take(data, "customers", "customer,name\nst-anna,St. Anna\n") == 0
    assert take(data, "sites", "site,name,customer,laws\nlab,Lab,st-anna,gdpr\n", "--try") == 0
    assert "1 would be added" in capsys.readouterr().out
    assert take(data, "sites", "site,name,customer,laws\nlab,Lab,st-anna,gdpr\n") == 0
    assert group(data) == 0
    assert take(data, "people", "account,name,organisation,groups\nana,Ana,Vendor,north\n") == 0
    capsys.readouterr()
    proposal, policy = data.parent / "proposal", data.parent / "policy"
    assert admin.main(["proposal", "--data", str(data), str(proposal)]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    assert authority.main(["--dir", str(data.parent / "authority"), "review", str(proposal)]) == 0
    assert "added site lab" in capsys.readouterr().out, "and nobody who has no key"
    assert authority.main(["--dir", str(data.parent / "authority"), "export", str(policy)]) == 0
    assert admin.main(["policy", "install", "--data", str(data), str(policy)]) == 0


def test_mistakes_are_named_and_change_nothing(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for word in ("ticket-key", "proposal"):
        assert admin.main([word, "--data", str(data), str(data.parent / "none" / "file")]) == 1
        assert capsys.readouterr().err.count("\n") == 1
    assert take(data, "people", "account,name\nana,Ana\n") == 1
    assert "organisation: missing_column" in capsys.readouterr().out
    assert take(data, "people", "account,name,organisation,groups\nana,Ana,Vendor,north\n") == 1
    said = capsys.readouterr()
    assert "line 2, groups: unknown_group" in said.out
    assert len(said.err.strip().splitlines()) == 1
    assert admin.main(["import", "--data", str(data), "people", str(data / "none.csv")]) == 1
    assert "cannot read none.csv" in capsys.readouterr().err
    assert group(data, "--model", "x" * 200) == 1
    assert "the group was not changed" in capsys.readouterr().err
    assert admin.main(["account", "administrator", "--data", str(data), "nobody"]) == 1
    assert "no such account" in capsys.readouterr().err


def test_nobodys_name_stands_in_the_way_of_a_table(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who is called like what the log says of a command is somebody else, and no administrator."""
    people = "account,name,organisation,groups\n"
    assert ACCOUNT.match(OPERATOR) is None
    assert admin.main(["account", "add", "--data", str(data), "operator"]) == 0
    assert take(data, "people", f"{people}ana,Ana,Vendor,\n") == 0
    assert take(data, "people", f"{people}operator,Op,Vendor,\nana,Ana,Other,\n") == 0
    assert take(data, "trainings", "account,course,law,expires\noperator,P,gdpr,31.12.2030\n") == 0
    assert "refused" not in capsys.readouterr().out
