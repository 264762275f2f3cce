"""What is missing of the system is found, and what cannot be installed is one sentence that says what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from project import chromium, debian
from project.progress import StepError


def dpkg(monkeypatch: pytest.MonkeyPatch, listed: str) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1, listed, ""))


def test_only_what_is_not_installed_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    dpkg(monkeypatch, "installed xvfb\nconfig-files novnc\ninstalled libegl1:amd64\n")
    assert debian.missing_packages(["xvfb", "novnc", "libegl1", "openbox"]) == ["novnc", "openbox"]


def test_new_name_of_a_library_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian 13 and Ubuntu 24.04 have libglib2.0-0 as libglib2.0-0t64."""
    dpkg(monkeypatch, "installed libglib2.0-0t64:amd64\n")
    assert debian.missing_packages(["libglib2.0-0"]) == []


def programs(monkeypatch: pytest.MonkeyPatch, *present: str) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name in present else None)


def test_without_apt_the_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    programs(monkeypatch)
    with pytest.raises(StepError, match="apt-get is not here; please install by hand: xvfb novnc"):
        debian.install(["xvfb", "novnc"])


def test_without_root_and_sudo_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    programs(monkeypatch, "apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(StepError, match="please run as root: apt-get install --no-install-recommends xvfb"):
        debian.install(["xvfb"])


def test_refused_sudo_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    programs(monkeypatch, "apt-get", "sudo")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    dpkg(monkeypatch, "")
    with pytest.raises(StepError, match="sudo was refused"):
        debian.install(["xvfb"])


def test_other_systems_are_told_which_program_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    programs(monkeypatch, "Xvfb")
    with pytest.raises(StepError, match=r"openbox is missing: it is needed for a window manager"):
        debian.ensure((debian.Need("a window manager", ("openbox",), ("openbox",)),))


def test_snap_stub_is_no_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = tmp_path / "chromium-browser"
    stub.write_text("#!/bin/sh\nif ! [ -x /snap/bin/chromium ]; then exit 1; fi\n")
    real = tmp_path / "google-chrome"
    real.write_bytes(b"\x7fELF")
    assert chromium.is_snap_stub(stub)
    assert not chromium.is_snap_stub(real)
    monkeypatch.delenv("BENCHSIDE_CHROMIUM", raising=False)
    found = {"chromium-browser": str(stub), "google-chrome": str(real)}
    monkeypatch.setattr(shutil, "which", found.get)
    assert chromium.find_chromium() == real


def test_playwrights_own_browser_is_the_last_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(monkeypatch)
    monkeypatch.delenv("BENCHSIDE_CHROMIUM", raising=False)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    assert chromium.find_chromium() is None
    for build in ("1000", "1100"):
        (tmp_path / f"chromium-{build}" / "chrome-linux64").mkdir(parents=True)
        (tmp_path / f"chromium-{build}" / "chrome-linux64" / "chrome").touch()
    found = chromium.find_chromium()
    assert found is not None
    assert "chromium-1100" in found.parts
