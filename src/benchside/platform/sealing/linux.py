"""Sealing on Linux: credentials of systemd, under the TPM where there is one and the machine's key (systemd-creds)."""

from __future__ import annotations

import functools
import logging
import os
import shutil
import subprocess

from benchside.platform.sealing.contract import MAX_SECRET_BYTES, OpenFile, Sealing
from benchside.protocol.errors import UnavailableError

__all__ = ["SystemdCredentials", "find_sealing"]

log = logging.getLogger(__name__)

PROGRAM = "systemd-creds"
WITHIN_S = 30.0
"""A slow TPM takes seconds; one that hangs must not keep the service from saying so."""


class SystemdCredentials:
    """A `Sealing`.  Secrets go through pipes, never through arguments or files."""

    word = "systemd"

    def __init__(self, program: str, *, has_tpm: bool) -> None:
        self._program = program
        self.told = (
            "systemd credentials, under this machine's TPM and key"
            if has_tpm
            else "systemd credentials, under this machine's key, which is a file on its disk (it has no TPM)"
        )

    def seal(self, name: str, secret: bytes) -> bytes:
        """Return the credential; UnavailableError when the program or the machine's key does not work."""
        # No PCRs: a changed firmware or Secure Boot list would otherwise lock the PC out of its own support.
        return self._run("encrypt", f"--name={_name(name)}", "--with-key=auto", "--tpm2-pcrs=", stdin=secret)

    def open(self, name: str, sealed: bytes) -> bytes:
        """Return the secret; UnavailableError when this machine's keys are others than it was sealed under."""
        return self._run("decrypt", f"--name={_name(name)}", stdin=sealed)

    def _run(self, word: str, *flags: str, stdin: bytes) -> bytes:
        try:
            done = subprocess.run(
                [self._program, word, *flags, "-", "-"],
                input=stdin,
                capture_output=True,
                timeout=WITHIN_S,
                check=False,
                env={"PATH": os.defpath, "LC_ALL": "C"},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UnavailableError(f"expected {PROGRAM} to {word}, got {type(error).__name__}") from error
        if done.returncode != 0 or not done.stdout or len(done.stdout) > 4 * MAX_SECRET_BYTES:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise UnavailableError(f"expected {PROGRAM} to {word}, got: {said[-1] if said else 'nothing'}"[:300])
        return done.stdout


@functools.cache
def find_sealing() -> Sealing:
    """Return the best way that works here, tried once; never fails."""
    program = shutil.which(PROGRAM)
    if program is None:
        return OpenFile(f"there is no {PROGRAM}")
    sealing = SystemdCredentials(program, has_tpm=_has_tpm(program))
    tried = os.urandom(32)
    try:
        if sealing.open("benchside-trial", sealing.seal("benchside-trial", tried)) == tried:
            return sealing
        why = f"{PROGRAM} does not give back what it sealed"
    except UnavailableError as error:
        why = f"{PROGRAM} does not work for this account"
        log.info("sealing does not work here", extra={"cause": str(error)})
    return OpenFile(why)


def _has_tpm(program: str) -> bool:
    try:
        done = subprocess.run([program, "has-tpm2", "--quiet"], capture_output=True, timeout=WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _name(name: str) -> str:
    return f"benchside-{name}"
