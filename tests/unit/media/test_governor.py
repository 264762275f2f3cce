"""The governor: a click is answered at once, motion keeps to the share."""

from __future__ import annotations

import pytest

from benchside.media.governor import MAX_GATHERED_S, Governor
from benchside.protocol.errors import CallerError


def run(governor: Governor, seconds: float, cost_s: float) -> float:
    """Take pictures of `cost_s` as often as allowed; return the processor time used."""
    now = used = 0.0
    while now < seconds:
        if governor.may_work(now, used):
            used += cost_s
            now += cost_s
        else:
            assert governor.deadline() > now
            now = governor.deadline()
    return used


@pytest.mark.parametrize("share", [0.1, 0.3, 0.8])
def test_motion_keeps_to_the_share(share: float) -> None:
    governor = Governor(2, 0.0, 0.0, share)
    used = run(governor, 60.0, 0.02)
    allowed = share * 2 * 60.0 + MAX_GATHERED_S + 0.02
    assert used <= allowed
    assert used > 0.9 * min(allowed, 60.0 - 0.02)


def test_a_rest_gathers_no_more_than_a_moment() -> None:
    governor = Governor(2, 0.0, 0.0)
    assert governor.may_work(3600.0, 0.0)
    assert not governor.may_work(3600.0, MAX_GATHERED_S + 0.01)


def test_other_work_of_the_host_counts() -> None:
    governor = Governor(2, 0.0, 0.0)
    assert not governor.may_work(1.0, 5.0)


def test_a_lower_share_holds_from_now_on() -> None:
    governor = Governor(2, 0.0, 0.0, 0.3)
    governor.share = 0.05
    assert governor.cores == pytest.approx(0.1)
    assert run(governor, 30.0, 0.01) < 0.1 * 30 + MAX_GATHERED_S + 0.02


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5])
def test_a_share_that_cannot_be_is_refused(share: float) -> None:
    with pytest.raises(CallerError):
        Governor(2, 0.0, 0.0, share)
