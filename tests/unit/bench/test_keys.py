"""The benchmark's own comparison finds what two enrolments share, wherever it lies."""

from __future__ import annotations

import os

from bench.access.keys import sequences_shared


def test_a_sequence_that_two_share_is_found_at_any_place() -> None:
    same = os.urandom(16)
    found = [[os.urandom(512), os.urandom(40)] for _ in range(20)]
    assert sequences_shared(found) == 0
    found[3].append(os.urandom(7) + same)
    found[11].append(same + os.urandom(90))
    assert sequences_shared(found) == 1
    found[5].append(os.urandom(1) + same)
    assert sequences_shared(found) == 1, "one sequence, however many have it"
    found[0] += [b"\0" * 64, b"\0" * 64]
    assert sequences_shared(found) == 1, "within one it is no matter"
    assert sequences_shared([[same[:15]], [same[:15]]] * 2 + found[:1]) == 0
