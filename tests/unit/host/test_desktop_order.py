"""Hands that are there before the picture get their place with it: channels that come back have no order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from tests.fakes.capture import FakeCapture

from benchside.host.channel import Opened
from benchside.host.desktop import Desktop, DesktopParts
from benchside.host.inject.contract import Injector
from benchside.host.picture import PictureSender
from benchside.host.pointer.contract import Pointer
from benchside.host.watch.contract import IndicatorWatch
from benchside.media.damage import Box
from benchside.platform.desktop.contract import DesktopFacts
from benchside.protocol.flow.consent import ConsentGrant
from benchside.protocol.wire.capability import Capability, GrantScope


class Confined:
    """An injector that knows where it may go."""

    areas: tuple[Box, ...] = ()

    def confine(self, areas: Iterable[Box]) -> None:
        self.areas = tuple(areas)


class Grant:
    grant = b"g" * 16
    capability = Capability.CONTROL
    scope = GrantScope(monitors=(0,))


class Picture:
    """A picture that starts to share."""

    def __init__(self, capture: FakeCapture) -> None:
        self._capture = capture

    def start(self) -> None:
        self._capture.start(Grant.scope, lambda box: None, lambda: None)


async def test_the_hands_get_their_place_with_the_picture() -> None:
    capture, injector = FakeCapture(), Confined()
    desktop = Desktop(
        DesktopParts(
            capture=capture,
            pointer=cast(Pointer, None),
            injector=cast(Injector, injector),
            watch=cast(IndicatorWatch, None),
            facts=cast(DesktopFacts, None),
        )
    )
    desktop.open_channel(cast(ConsentGrant, Grant()), cast(Opened, None))
    desktop.begin_channel(Capability.CONTROL)
    assert injector.areas == ()
    desktop._picture = cast(PictureSender, Picture(capture))
    desktop.begin_channel(Capability.VIEW)
    assert injector.areas == (Box(0, 0, 320, 240),)
