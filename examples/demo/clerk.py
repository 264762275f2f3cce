"""The demo's authority clerk: lets the demo engineer's browser key in as soon as the browser has made one.

In real life a person reads the fingerprint from the associate's screen, compares it with what the server got,
and only then signs. The demo has nobody to do that, so it says what it did.
"""

from __future__ import annotations

import threading

from examples.demo.children import ChildError
from examples.demo.world import World, registered_key, sign_in_associate

LOOK_EVERY_S = 1.5


class Clerk(threading.Thread):
    """Looks for a new key until `stop` is set; `say` is told one sentence for each."""

    def __init__(self, world: World) -> None:
        super().__init__(name="clerk", daemon=True)
        self._world = world
        self.stop = threading.Event()

    def run(self) -> None:
        while not self.stop.wait(LOOK_EVERY_S):
            try:
                fingerprint = registered_key(self._world)
                if fingerprint is None or fingerprint in self._world.signed_in:
                    continue
                sign_in_associate(self._world, fingerprint)
            except ChildError as error:
                # Ctrl-C reaches the command before it reaches us: then the end is coming, and nothing is wrong
                if not self.stop.wait(1.0):
                    print(f"\n  The demo's authority could not sign the key in: {error}\n", flush=True)
                continue
            print(f"\n  The demo's authority signed in the browser's key\n  {fingerprint}\n", flush=True)
