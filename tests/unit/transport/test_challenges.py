"""Ways to authenticate as proxies list them: in several fields, in one, and in fields that are none."""

from __future__ import annotations

import pytest

from benchside.transport.challenges import MAX_CHALLENGES, Challenge, read_challenges


@pytest.mark.parametrize(
    ("fields", "schemes"),
    [
        (["Negotiate", "NTLM", 'Basic realm="x"'], ["negotiate", "ntlm", "basic"]),
        (['Negotiate, Basic realm="x"'], ["negotiate", "basic"]),
        (['Basic realm="x", NTLM'], ["basic", "ntlm"]),
        (['Basic realm="a, NTLM, b", charset="UTF-8"'], ["basic"]),
        (['Basic realm="a \\", NTLM, \\" b" , Negotiate'], ["basic", "negotiate"]),
        (['Digest realm = "x", nonce="y", algorithm=MD5,qop="auth,auth-int", Basic realm=z'], ["digest", "basic"]),
        ([", ,Negotiate,,\tNTLM , "], ["negotiate", "ntlm"]),
        (["BASIC"], ["basic"]),
        (["", " ", ",", '"', '"Basic', "=", "\x1b[2J\x07"], []),
        (['Basic realm="never ends, NTLM'], ["basic"]),
        (["Negotiate oWI=, Basic realm=x"], ["negotiate", "basic"]),
    ],
)
def test_schemes_are_found_in_their_order(fields: list[str], schemes: list[str]) -> None:
    assert [one.scheme for one in read_challenges(fields)] == schemes


@pytest.mark.parametrize(
    ("field", "challenge"),
    [
        ("NTLM TlRMTVNTUAACAAAA==", Challenge("ntlm", "TlRMTVNTUAACAAAA==")),
        ("Negotiate  a+/-._~b=", Challenge("negotiate", "a+/-._~b=")),
        ("Negotiate", Challenge("negotiate")),
        ('Basic realm="x, y"', Challenge("basic", 'realm="x, y"')),
    ],
)
def test_a_token_stays_whole(field: str, challenge: Challenge) -> None:
    assert read_challenges([field]) == (challenge,)
    assert read_challenges([f'{field}, Basic realm="x"'])[0] == challenge


def test_there_are_only_so_many_and_long_ones_take_no_time() -> None:
    assert len(read_challenges(["NTLM"] * 1000)) == MAX_CHALLENGES
    assert len(read_challenges([",".join(["NTLM"] * 1000)])) == MAX_CHALLENGES
    for rubbish in ('"' * 32_000, '"\\' * 16_000, " " * 32_000, "a=" * 16_000, "a " * 16_000, ",=" * 16_000):
        assert len(read_challenges([rubbish])) <= 1
