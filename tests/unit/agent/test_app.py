"""What the agent's program says to whoever installs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchside.agent import app
from benchside.platform.volumes.contract import Overlay


@pytest.mark.parametrize(
    ("overlay", "is_said"),
    [(None, False), (Overlay("uwf", forgets=False), False), (Overlay("uwf", forgets=True), True)],
)
def test_a_write_filter_that_forgets_is_said_at_installation(
    overlay: Overlay | None,
    is_said: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(app, "find_overlay", lambda folder: overlay if folder == tmp_path else None)
    app._warn_of_filter(tmp_path)
    said = capsys.readouterr().err
    assert ("exclude" in said and "uwf" in said and str(tmp_path) in said) is is_said
