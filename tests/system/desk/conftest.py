"""One screen for all tests of a module, a desk of its own for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from examples.demo.children import Children
from examples.demo.display import start_desktop, start_display
from tests.fakes.desk_world import DeskWorld

SEAT = ("-SecurityTypes", "None", "-rfbport", "-1", "-rfbunixpath", "{sockets}/vnc")


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Children, dict[str, str], Path]]:
    with Children(tmp_path_factory.mktemp("screen")) as children:
        display = start_display(children, kind="Xvnc", size=(1280, 1024), numbers=range(61, 70), options=SEAT)
        yield children, start_desktop(children, display), display.sockets / "vnc"


@pytest.fixture
def world(screen: tuple[Children, dict[str, str], Path], tmp_path: Path) -> Iterator[DeskWorld]:
    children, environment, seat = screen
    world = DeskWorld(children, {**environment, "XDG_RUNTIME_DIR": str(tmp_path)}, seat, tmp_path)
    yield world
    world.close()
