"""One end of a line to a laboratory system, by libraries of others, in the Python that has them (project/peers.py).

    python laboratory.py astm|hl7 listens|dials PORT

Prints "ready".  The end that dials says one result for each line on its standard input, and prints "said" when that
was acknowledged.  The ASTM library was written for Python 2: its server and its encoder work with one name put back,
its client does not, so the four control characters of a transfer (E1381) are said here.
"""

from __future__ import annotations

import builtins
import socket
import sys

ENQ, ACK, EOT = b"\x05", b"\x06", b"\x04"
RESULT = [[b"H", b"\\^&"], [b"P", b"1", b"", b"", b"", b"Roth^Eva"], [b"R", b"1", b"WBC", b"6.1"], [b"L", b"1", b"N"]]
HL7 = "MSH|^~\\&|CX200|LAB|LIS|LAB|20260301100000||ORU^R01|1|P|2.5\rPID|1||S-7||Roth^Eva\rOBX|1|NM|WBC||6.1\r"


def listen_astm(port: int) -> None:
    from astm.server import BaseRecordsDispatcher, Server  # type: ignore[import-not-found]

    builtins.buffer = lambda data, start, size: memoryview(data)[start : start + size]  # type: ignore[attr-defined]

    class Quiet(BaseRecordsDispatcher):  # type: ignore[misc]
        def _default_handler(self, record: object) -> None:
            """Take it."""

    server = Server("127.0.0.1", port, dispatcher=Quiet)
    print("ready", flush=True)
    server.serve_forever()


def dial_astm(port: int) -> None:
    from astm.codec import encode  # type: ignore[import-not-found]

    with socket.create_connection(("127.0.0.1", port)) as line:
        print("ready", flush=True)
        for _ in sys.stdin:
            for part in (ENQ, *encode(RESULT, "ascii")):
                line.sendall(part)
                assert line.recv(1) == ACK, "expected an acknowledgement"
            line.sendall(EOT)
            print("said", flush=True)


def listen_hl7(port: int) -> None:
    import asyncio

    from hl7.mllp import start_hl7_server  # type: ignore[import-not-found]

    async def answer(reader, writer) -> None:  # type: ignore[no-untyped-def]  # the library's own, without types
        try:
            while True:
                writer.writemessage((await reader.readmessage()).create_ack())
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    async def serve() -> None:
        async with await start_hl7_server(answer, "127.0.0.1", port) as server:
            print("ready", flush=True)
            await server.serve_forever()

    asyncio.run(serve())


def dial_hl7(port: int) -> None:
    from hl7.client import MLLPClient  # type: ignore[import-not-found]

    with MLLPClient("127.0.0.1", port) as line:
        print("ready", flush=True)
        for _ in sys.stdin:
            answer = line.send_message(HL7)
            assert b"MSA|AA" in answer, answer
            print("said", flush=True)


WORDS = {
    ("astm", "listens"): listen_astm,
    ("astm", "dials"): dial_astm,
    ("hl7", "listens"): listen_hl7,
    ("hl7", "dials"): dial_hl7,
}

if __name__ == "__main__":
    WORDS[sys.argv[1], sys.argv[2]](int(sys.argv[3]))
