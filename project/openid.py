"""Installs the OpenID provider that tests sign in at: a whole one that is not ours."""

from __future__ import annotations

import json

from project import console
from project.paths import DOWNLOADS

VERSION = "9.13.3"
PROVIDER = DOWNLOADS / f"oidc-provider-{VERSION}"


def ensure() -> None:
    """`PROVIDER`/node_modules/oidc-provider."""
    package = PROVIDER / "node_modules" / "oidc-provider" / "package.json"
    if package.exists() and json.loads(package.read_text())["version"] == VERSION:
        return
    PROVIDER.mkdir(parents=True, exist_ok=True)
    console.npm(
        "an OpenID provider",
        "what tests sign in at",
        "install", "--prefix", str(PROVIDER), "--no-audit", "--no-fund", f"oidc-provider@{VERSION}",
        log="oidc-provider",
    )  # fmt: skip
