"""Whose connection on loopback it is: in doubt, not ours."""

from __future__ import annotations

import resource

from benchside.platform.loopback import linux


def test_without_descriptors_a_connection_is_nobodys() -> None:
    """As when somebody opens so many that none is left to look with."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        answer = linux.is_own_account(("127.0.0.1", 1), ("127.0.0.1", 2))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert not answer
