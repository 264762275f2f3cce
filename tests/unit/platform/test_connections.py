"""The system's table of connections, as Linux writes it, and torn in every way."""

from __future__ import annotations

import contextlib
import struct
import sys
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

if sys.platform != "linux":
    pytest.skip("Linux's own table", allow_module_level=True)

from benchside.platform.connections.contract import Connection
from benchside.platform.connections.linux import read_diag, read_table

TABLE_4 = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid
   0: 0902010A:C350 0302010A:0FA0 01 00000000:00000000 00:00000000 00000000  1000 0 1 1
   1: 00000000:0FA0 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 1 1
   2: 0902010A:C351 0302010A:0FA0 06 00000000:00000000 00:00000000 00000000  1000 0 1 1
"""
TABLE_6 = """  sl  local_address rem_address st
   0: 0000000000000000FFFF00000902010A:C350 0000000000000000FFFF00000302010A:0FA0 01
   1: 000000FD000000000000000005000000:0001 000000FD000000000000000006000000:0002 08
"""
PC, LIS = (ip_address("10.1.2.9"), 50_000), (ip_address("10.1.2.3"), 4000)


@pytest.mark.skipif(sys.byteorder != "little", reason="the table is in the machine's order of bytes")
def test_the_table_of_proc() -> None:
    assert read_table(TABLE_4, 4) == [
        Connection(PC, LIS, True, False), Connection((PC[0], 50_001), LIS, False, True)
    ]  # fmt: skip
    assert read_table(TABLE_6, 16) == [
        Connection(PC, LIS, True, False),
        Connection((ip_address("fd00::5"), 1), (ip_address("fd00::6"), 2), False, True),
    ]


def message(state: int, carried: tuple[int, int]) -> bytes:
    ends = (
        struct.pack(">HH", 50_000, 4000) + bytes((10, 1, 2, 9)).ljust(16, b"\0") + bytes((10, 1, 2, 3)).ljust(16, b"\0")
    )
    body = (bytes((2, state, 0, 0)) + ends).ljust(72, b"\0")
    other = struct.pack("=HH", 5, 99) + b"x\0\0\0"
    info = bytes(120) + struct.pack("=QQ", *carried)
    body += other + struct.pack("=HH", 4 + len(info), 2) + info
    return struct.pack("=IHHII", 16 + len(body), 20, 2, 1, 0) + body


DONE = struct.pack("=IHHIIi", 20, 3, 2, 1, 0, 0)


def test_the_answer_of_the_kernel_has_counters() -> None:
    found, is_done = read_diag(message(1, (40, 2)) + message(6, (0, 0)) + DONE)
    assert is_done
    assert found == [Connection(PC, LIS, True, False, 42), Connection(PC, LIS, False, True, 0)]
    assert read_diag(message(1, (40, 2)))[1] is False


def test_an_error_of_the_kernel() -> None:
    with pytest.raises(OSError, match="expected connections"):
        read_diag(struct.pack("=IHHIIi", 20, 2, 0, 1, 0, -2))


def test_cut_at_each_length() -> None:
    data = message(1, (40, 2))
    for cut in range(len(data)):
        found, is_done = read_diag(data[:cut])
        assert not is_done
        assert len(found) <= 1
        assert all(one.carried_bytes is None for one in found)


@given(st.binary(max_size=300))
def test_no_bytes_stop_it(data: bytes) -> None:
    with contextlib.suppress(OSError):
        read_diag(data)
