"""CPace against the published vectors, and against every point that must be refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from project.downloads import CPACE_VECTORS

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.trust import cpace


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    """From the sdist of PyPI's cpace, which `tasks.py test` fetches."""
    if not CPACE_VECTORS.exists():
        pytest.skip("the published vectors are not fetched; run `python3 tasks.py test`")
    found: dict[str, Any] = json.loads(CPACE_VECTORS.read_text())
    return found


def test_every_value_of_the_suite_is_as_published(published: dict[str, Any]) -> None:
    known = {name: bytes.fromhex(value) for name, value in published["G_25519"].items()}
    base = cpace.generator(known["PRS"], channel_id=known["CI"], session_id=known["sid"])
    assert base == known["g"]
    assert cpace.share(known["ya"], base) == known["Ya"]
    assert cpace.share(known["yb"], base) == known["Yb"]
    point = cpace.shared_point(known["ya"], known["Yb"])
    assert point == known["K"] == cpace.shared_point(known["yb"], known["Ya"])
    isk = cpace.intermediate_session_key(
        point,
        session_id=known["sid"],
        initiator=(known["Ya"], known["ADa"]),
        responder=(known["Yb"], known["ADb"]),
    )
    assert isk == known["ISK_IR"]


def test_every_invalid_point_is_refused(published: dict[str, Any]) -> None:
    scalar = bytes.fromhex(published["G_25519"]["ya"])
    points = published["X25519_points"]
    assert len(points) == 12
    for name, point in points.items():
        with pytest.raises(PeerError) as raised:
            cpace.shared_point(scalar, bytes.fromhex(point))
        assert raised.value.fault is PeerFault.WRONG_KEY, name


def test_a_point_with_the_high_bit_set_is_refused_although_x25519_would_mask_it() -> None:
    base = cpace.generator(b"x", channel_id=b"", session_id=b"s")
    masked = base[:31] + bytes([base[31] | 0x80])
    with pytest.raises(PeerError):
        cpace.shared_point(bytes(31) + b"\x40", masked)


def test_the_map_takes_zero_and_the_largest_field_element() -> None:
    assert cpace._elligator2(0) == 0
    assert 0 <= cpace._elligator2(2**255 - 20) < 2**255 - 19
