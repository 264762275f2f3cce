"""A real OpenID provider (npm oidc-provider) beside a test, and a person who signs in there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urljoin

from examples.demo.children import free_port
from project import console
from project.openid import PROVIDER
from project.paths import ROOT
from tests.fakes.lying_provider import CLIENT, SECRET
from tests.fakes.server_world import SETTINGS, Console, World, running_world

from benchside.server.keys.files import write_secret

__all__ = ["OpenIdProvider", "world_with_provider"]

_FORM = re.compile(r'<form[^>]* action="([^"]+)"')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass
class OpenIdProvider:
    """The provider's process."""

    issuer: str
    process: asyncio.subprocess.Process

    async def disable(self, name: str) -> None:
        """Nobody of this name may be in there any more."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"disable {name}\n".encode())
        while (await self.process.stdout.readline()).strip() != f"done disable {name}".encode():
            pass

    async def sign_in(self, console: Console, name: str, start: str = "/api/sso/start") -> str:
        """Go the whole way as a browser does, with whatever session it has there; where it ends."""
        answer = await console.get(start)
        for _ in range(12):
            while answer.is_redirect:
                where = urljoin(str(answer.url), answer.headers["location"])
                if where.startswith(str(console.http.base_url)) and "/api/" not in where:
                    return where.removeprefix(str(console.http.base_url).rstrip("/"))
                answer = await console.http.get(where)
            assert answer.status_code == 200, answer.text
            form = _FORM.search(answer.text)
            assert form, answer.text
            given = dict(_HIDDEN.findall(answer.text))
            if given.get("prompt") == "login":
                given |= {"login": name, "password": "any"}
            answer = await console.http.post(urljoin(str(answer.url), form[1]), data=given)
        raise AssertionError("the provider asks without an end")

    async def sign_out(self, console: Console) -> None:
        """End the browser's session there; the provider tells whoever uses it."""
        page = await console.http.get(f"{self.issuer}/session/end")
        form = _FORM.search(page.text)
        assert form, page.text
        await console.http.post(
            urljoin(self.issuer, form[1]), data={**dict(_HIDDEN.findall(page.text)), "logout": "yes"}
        )


@asynccontextmanager
async def world_with_provider(
    folder: Path, callbacks: tuple[str, ...] = (), **settings: str
) -> AsyncIterator[tuple[World, OpenIdProvider]]:
    """A server and the provider that it trusts; `callbacks`: where else the provider may send browsers back to."""
    port, web = free_port(), free_port()
    url = f"http://127.0.0.1:{web}"
    process = await asyncio.create_subprocess_exec(
        "node", str(ROOT / "tests" / "system" / "server" / "openid" / "main.mjs"), str(PROVIDER), str(port),
        f"{url}/api/sso/callback", f"{url}/api/sso/logout", *callbacks,
        env=console.environment(), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        while (line := await asyncio.wait_for(process.stdout.readline(), 30)).strip() != b"ready":
            assert line, "the provider did not start"
        provider = OpenIdProvider(f"http://127.0.0.1:{port}", process)
        write_secret(folder / "secret", SECRET.encode())
        given = {
            "web": f"127.0.0.1:{web}",
            "sso_issuer": provider.issuer,
            "sso_client_id": CLIENT,
            "sso_client_secret_file": str(folder / "secret"),
            "sso_name": "Vendor",
        } | settings
        async with running_world(folder, settings=replace(SETTINGS, **given)) as world:
            yield world, provider
    finally:
        process.kill()
        await process.wait()
