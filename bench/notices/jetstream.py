"""Publishes to a NATS JetStream file store and prints how many messages it took: run with the client's own Python.

    python jetstream.py --port N --publishers N --seconds N < lengths of messages, in bytes, one a line

Each publisher sends its next message when the one before was answered as stored, on a connection of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from typing import Any

import nats  # type: ignore[import-not-found]  # in an environment of its own, project/peers.py

CONNECTIONS = 200
"""At most; publishers beyond share them."""


async def publish(stream: Any, subject: str, messages: list[bytes], until: float, waits_s: list[float]) -> None:
    at = 0
    while (began := time.perf_counter()) < until:
        await stream.publish(subject, messages[at % len(messages)], timeout=30)
        waits_s.append(time.perf_counter() - began)
        at += 1


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--publishers", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    chosen = parser.parse_args()
    messages = [os.urandom(int(line)) for line in sys.stdin]
    clients = [
        await nats.connect(f"nats://127.0.0.1:{chosen.port}") for _ in range(min(CONNECTIONS, chosen.publishers))
    ]
    contexts = [client.jetstream() for client in clients]
    await contexts[0].add_stream(name="notices", subjects=["pc.*"])
    waits_s: list[float] = []
    began = time.perf_counter()
    await asyncio.gather(
        *(
            publish(contexts[number % len(contexts)], f"pc.{number}", messages, began + chosen.seconds, waits_s)
            for number in range(chosen.publishers)
        )
    )
    took_s = time.perf_counter() - began
    kept = (await contexts[0].stream_info("notices")).state.messages
    assert kept == len(waits_s), f"expected {len(waits_s)} messages in the stream, got {kept}"
    print(json.dumps({"messages": kept, "took_s": took_s, "waits_s": waits_s}))
    for client in clients:
        await client.close()


if __name__ == "__main__":
    asyncio.run(main())
