"""Whom a connection counts for: a machine, however many addresses it has."""

from __future__ import annotations

import pytest

from benchside.transport.serve import counted_source, forwarded_source


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("fe80::1%eth0", "fe80::"),
        ("::1", "::"),
        ("pc-7", ""),
        ("", ""),
    ],
)
def test_a_machine_is_counted_once_whichever_of_its_addresses_it_takes(address: str, source: str) -> None:
    assert counted_source(address) == source
    assert forwarded_source(f" {address} ") == source
