"""Network namespaces of this process, without any tool: two, with a TUN device in each, joined by whoever holds both.

The lab's namespace has a loopback, so that programs there speak with each other as always.  The engineer's has none:
there 127.0.0.1 leads over the TUN device to the lab, so that addresses, certificates and secure contexts are the same
on both sides of the line, and nothing of either can be reached from the machine's own networks.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

_CLONE_NEWNET = 0x40000000
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_SIOCADDRT, _SIOCSIFFLAGS, _SIOCSIFADDR, _SIOCSIFDSTADDR, _SIOCSIFNETMASK = 0x890B, 0x8914, 0x8916, 0x8918, 0x891C
_IFF_UP_RUNNING, _RTF_UP_HOST = 0x41, 0x5
DEVICE = "line0"
LAB, ENGINEER = "10.77.0.1", "10.77.0.2"
CONGESTION_CONTROL = "cubic"
"""What Debian, Windows and macOS come with; a machine that has another default would measure that instead."""


class Namespaces:
    """Both sides.  Making them puts this thread, and all that it starts from now on, on the lab's side.

    OSError where this may not be done: no root, no /dev/net/tun, or a container that forbids it.
    """

    def __init__(self) -> None:
        before = _current()
        try:
            _unshare()
            _up("lo")
            self.lab = _current()
            self.lab_tun = _make_tun(LAB, ENGINEER)
            _unshare()
            self.engineer = _current()
            self.engineer_tun = _make_tun(ENGINEER, LAB)
            _add_route("127.0.0.1")
            _enter(self.lab)
        except OSError:
            _enter(before)
            raise
        finally:
            os.close(before)

    @contextlib.contextmanager
    def engineer_side(self) -> Iterator[None]:
        """What this thread starts within, threads, programs and sockets, is the engineer's, and stays there."""
        _enter(self.engineer)
        try:
            yield
        finally:
            _enter(self.lab)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _current() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _unshare() -> None:
    if _libc().unshare(_CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "no network namespace of its own")
    # Not every kernel has it as a module that may be chosen; then its default stays, and `line` says which.
    with contextlib.suppress(OSError):
        Path("/proc/sys/net/ipv4/tcp_congestion_control").write_text(CONGESTION_CONTROL)


def _enter(namespace: int) -> None:
    if _libc().setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "the network namespace cannot be entered")


def _make_tun(address: str, peer: str) -> int:
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), _IFF_TUN | _IFF_NO_PI))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for request, value in (
            (_SIOCSIFADDR, address), (_SIOCSIFDSTADDR, peer), (_SIOCSIFNETMASK, "255.255.255.255"),
        ):  # fmt: skip
            fcntl.ioctl(asked, request, struct.pack("16s", DEVICE.encode()) + _address(value) + bytes(8))
    _up(DEVICE)
    # Lets 127.0.0.1 be reached over this device, from both ends.
    Path(f"/proc/sys/net/ipv4/conf/{DEVICE}/route_localnet").write_text("1")
    return tun


def _up(device: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        fcntl.ioctl(asked, _SIOCSIFFLAGS, struct.pack("16sH22x", device.encode(), _IFF_UP_RUNNING))


def _address(value: str) -> bytes:
    return struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(value))


class _Route(ctypes.Structure):
    """struct rtentry of net/route.h."""

    _fields_ = (
        ("pad1", ctypes.c_ulong), ("to", ctypes.c_uint8 * 16), ("over", ctypes.c_uint8 * 16),
        ("mask", ctypes.c_uint8 * 16), ("flags", ctypes.c_ushort), ("pad2", ctypes.c_short), ("pad3", ctypes.c_ulong),
        ("pad4", ctypes.c_void_p), ("metric", ctypes.c_short), ("device", ctypes.c_char_p), ("mtu", ctypes.c_ulong),
        ("window", ctypes.c_ulong), ("irtt", ctypes.c_ushort),
    )  # fmt: skip


def _add_route(address: str) -> None:
    route = _Route(flags=_RTF_UP_HOST, device=DEVICE.encode())
    for part, value in (("to", address), ("over", "0.0.0.0"), ("mask", "255.255.255.255")):
        ctypes.memmove(getattr(route, part), _address(value), 16)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        fcntl.ioctl(asked, _SIOCADDRT, route)
