"""Installs the OpenID provider that tests sign in at: a whole one that is not ours."""

from __future__ import annotations

from project import console
from project.paths import DOWNLOADS

VERSION = "9.13.3"
PROVIDER = DOWNLOADS / f"oidc-provider-{VERSION}"


def ensure() -> None:
    """`PROVIDER`/node_modules/oidc-provider."""
    console.ensure_package(PROVIDER, "oidc-provider", VERSION, what="an OpenID provider", why="what tests sign in at")
