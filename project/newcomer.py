"""Runs a command of the README in a fresh Debian that has Python and nothing else: `python -m project.newcomer`.

For developers, and as root: it makes the system with debootstrap in a temporary folder, clones what is
committed into it, runs the command there as a newcomer would, and removes everything again.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from project.paths import ROOT
from project.progress import StepError, run_step, say

MIRROR = "http://deb.debian.org/debian"
# git is how the newcomer got the checkout; the rest of the list is what the smallest Debian has anyway.
INCLUDED = "python3,ca-certificates,git"
# How a machine says where packages come from and whom to trust, for --like-this-machine.
FILES = (
    "etc/resolv.conf", "etc/hosts", "etc/pip.conf", "etc/npmrc", "etc/ssl/certs", "etc/apt/apt.conf.d",
    "etc/apt/sources.list", "etc/apt/sources.list.d", "usr/local/share/ca-certificates",
)  # fmt: skip
HOME_FILES = (".npmrc", ".pip", ".config/pip")
VARIABLES = re.compile(
    r"^(PIP_.*|NPM_CONFIG_.*|.*_PROXY|.*CA_(CERTS|BUNDLE)|.*CERT_(FILE|DIR)|.*_CAINFO)$", re.IGNORECASE
)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m project.newcomer", description=__doc__)
    parser.add_argument("--suite", default="bookworm", help="the Debian to make (default: %(default)s)")
    parser.add_argument("--mirror", default=MIRROR)
    parser.add_argument(
        "--like-this-machine",
        action="store_true",
        help="copy this machine's package sources, proxies and trusted certificates",
    )
    parser.add_argument("--keep", action="store_true", help="leave the system there, to look at it")
    parser.add_argument("--folder", type=Path, help="where to make it (default: a temporary folder)")
    parser.add_argument("command", nargs="*", default=["python3", "tasks.py", "test"])
    chosen = parser.parse_args(argv)
    if os.geteuid() != 0:
        say("making a Debian needs root; please run this with sudo")
        return 1
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="newcomer-", dir="/var/tmp"))
    try:
        variables = make(folder, chosen.suite, chosen.mirror, like_here=chosen.like_this_machine)
        return live(folder, chosen.command, variables)
    except StepError as error:
        say(str(error))
        return 1
    finally:
        if chosen.keep:
            say(f"left in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def make(folder: Path, suite: str, mirror: str, *, like_here: bool) -> dict[str, str]:
    """A Debian with a clean clone in /home/newcomer/benchside; returns the environment to live in there."""
    if not (folder / "usr/bin/python3").exists():
        run_step(
            "a fresh Debian",
            f"{suite} with {INCLUDED}",
            ["debootstrap", "--variant=minbase", f"--include={INCLUDED}", suite, folder, mirror],
            log="debootstrap",
        )
    clone = folder / "home/newcomer/benchside"
    shutil.rmtree(clone, ignore_errors=True)
    run_step("the checkout", "what is committed", ["git", "clone", "-q", ROOT, clone], log="newcomer-clone")
    variables = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
    if like_here:
        for name in FILES:
            copy(Path("/") / name, folder / name)
        for name in HOME_FILES:
            copy(Path.home() / name, folder / "root" / name)
        variables |= {name: value for name, value in os.environ.items() if VARIABLES.match(name)}
    return variables


def copy(source: Path, target: Path) -> None:
    if not source.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        # Followed, since certificates are often links to places that are not copied; dead ones are left out.
        # What is there is replaced whole: copying onto its own links would follow them to this machine.
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore_dangling_symlinks=True)
    else:
        shutil.copy(source, target)


def live(folder: Path, command: Sequence[str], variables: dict[str, str]) -> int:
    """Runs the command in there, in namespaces of its own, so that no mount and no process is left over."""
    inside = " && ".join(
        (
            "mount -t proc proc proc",
            "mount -t tmpfs -o mode=755 dev dev",
            "for n in null zero full random urandom tty; do touch dev/$n; mount --bind /dev/$n dev/$n; done",
            "mkdir -p dev/shm dev/pts && mount -t tmpfs -o mode=1777 shm dev/shm",
            "mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts && ln -sf pts/ptmx dev/ptmx",
            "ln -sf /proc/self/fd dev/fd",
            'exec chroot . sh -c \'cd /home/newcomer/benchside && exec "$@"\' newcomer "$@"',
        )
    )
    began = time.monotonic()
    done = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", inside, "live", *command],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    say(f"\n{' '.join(command)}: code {done.returncode} after {time.monotonic() - began:.0f} s")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
