"""The desk's tests need its texts compiled; set-up does that, and so does this in a checkout without it."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session", autouse=True)
def compiled_texts() -> None:
    from project.catalogues import main

    main()
