"""The line adapter beside real connections of this machine: it sees them, and they do not see it."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest
from tests.fakes.reporter import KeepingReporter

from benchside.notifier.adapters.line import LineAdapter, LineSettings
from benchside.platform.connections.here import tcp_connections

pytestmark = pytest.mark.system


def test_a_real_line_comes_speaks_and_goes() -> None:
    reporter, now = KeepingReporter(), 0.0
    with socket.create_server(("127.0.0.1", 0)) as lis:
        port = lis.getsockname()[1]
        settings = LineSettings(kind="hl7", role="dials", endpoint=f"127.0.0.1:{port}", not_connected_s=60, quiet_min=1)
        line = LineAdapter("lis", settings, monotonic=lambda: now)

        def after(seconds: float) -> set[str]:
            nonlocal now
            now += seconds
            line.look(reporter)
            return {code for _, _, code in reporter.active()}

        assert after(0) == set()
        assert after(60) == {"not_connected"}
        with socket.create_connection(("127.0.0.1", port)) as instrument:
            peer, _ = lis.accept()
            with peer:
                assert after(1) == set()
                if next(one for one in tcp_connections() if one.there[1] == port).carried_bytes is None:
                    pytest.skip("this kernel does not count")
                assert after(60) == {"no_traffic"}
                instrument.sendall(b"\x0bMSH|^~\\&|\x1c\r")
                assert peer.recv(100)
                assert after(1) == set()
                # whoever watches opens nothing
                lis.settimeout(0.05)
                with pytest.raises(TimeoutError):
                    lis.accept()
        assert (ip_address("127.0.0.1"), port) in {one.there for one in tcp_connections()} | {
            one.here for one in tcp_connections()
        }
        assert after(1) == set()
