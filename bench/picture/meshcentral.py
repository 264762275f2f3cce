"""MeshCentral (npm) with the agent that it carries, for one row of reference, with its own settings.

Its page shows the screen scaled down; a line of CSS puts the canvas at the PC's own size, so that pixels can be
compared.  Server, account, group and agent are made anew for each run and never leave this machine.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from examples.demo.children import ChildError, free_port
from playwright.sync_api import Page
from project.console import node_folder
from project.peers import MESHCENTRAL, MESHCENTRAL_VERSION

from bench.picture import reference
from bench.picture.browser import ShownPage
from bench.picture.namespace import Namespaces
from bench.picture.pages import HEIGHT, WIDTH
from bench.picture.result import Result
from bench.picture.room import Room
from bench.picture.viewing import PORTS
from bench.picture.way import Shape

PACKAGE = MESHCENTRAL / "node_modules" / "meshcentral"
AGENT = PACKAGE / "agents" / "meshagent_x86-64"
ACCOUNT, PASSWORD = "bench", "Four-Words-Of-Bench-1"
START_S, AGENT_S = 120.0, 60.0
AT_OWN_SIZE = (
    f"#Desk {{ position: fixed !important; left: 0 !important; top: 0 !important; width: {WIDTH}px !important; "
    f"height: {HEIGHT}px !important; max-width: none !important; max-height: none !important; "
    "z-index: 100000 !important; }"
)


def main(namespaces: Namespaces | None, *, quick: bool = False) -> Result:
    if not AGENT.exists() or os.uname().machine != "x86_64":
        said = f"meshcentral: no figures, version {MESHCENTRAL_VERSION} could not be installed on this machine"
        return Result(notes=[said])
    return reference.measure(namespaces, MeshCentral, quick=quick)


class MeshCentral:
    name = "meshcentral"

    def __init__(self, room: Room) -> None:
        self._room = room
        self._port = free_port(*PORTS)
        self._folder = room.lab.folder / "meshcentral"
        self._rounds = 0
        self.display = room.engineer_display()
        self._serve()
        self._node = self._join()

    @contextlib.contextmanager
    def viewing(self, shape: Shape | None) -> Iterator[None]:
        self._rounds += 1
        with self._room.side(shape):
            folder = self._room.lab.folder / f"meshcentral-{self._rounds}"
            address = f"https://127.0.0.1:{self._room.door(shape, self._port)}/"
            page = ShownPage(address, folder, self.display, self._open_page)
        try:
            yield
        finally:
            page.close()

    def hold_still(self) -> None:
        """Never measured in turns."""

    def go_on(self) -> None:
        """Never measured in turns."""

    def _serve(self) -> None:
        data = self._folder / "data"
        data.mkdir(parents=True)
        settings = {"cert": "localhost", "port": self._port, "exactPorts": True, "redirPort": 0, "mpsPort": 0,
                    "selfUpdate": False}  # fmt: skip
        (data / "config.json").write_text(json.dumps({"settings": settings, "domains": {"": {"newAccounts": False}}}))
        server: list[str | Path] = [node_folder() / "node", PACKAGE, "--datapath", data]
        email = ("--email", "bench@bench.example")
        for words in (("--createaccount", ACCOUNT, "--pass", PASSWORD, *email), ("--adminaccount", ACCOUNT)):
            subprocess.run([*server, *words], capture_output=True, timeout=START_S, check=True)
        running = self._room.lab.children.start("meshcentral", server, cwd=self._folder)
        running.wait_for(r"HTTPS server running on port", START_S)

    def _join(self) -> str:
        """Let an agent on the PC join; the number of the device that it becomes."""
        answer = self._control("adddevicegroup", "--name", "bench")
        group = answer.split("mesh//")[1].split()[0]
        certificate = (self._folder / "data" / "agentserver-cert-public.crt").read_bytes()
        key = x509.load_pem_x509_certificate(certificate).public_key()
        server_id = hashlib.sha384(key.public_bytes(Encoding.DER, PublicFormat.PKCS1)).hexdigest().upper()
        group_id = base64.b64decode(group.replace("@", "+").replace("$", "/")).hex().upper()
        agent = self._folder / "agent"
        agent.mkdir()
        shutil.copy(AGENT, agent / "meshagent")
        (agent / "meshagent").chmod(0o755)
        (agent / "meshagent.msh").write_text(
            f"MeshName=bench\nMeshType=2\nMeshID=0x{group_id}\nServerID={server_id}\n"
            f"MeshServer=wss://127.0.0.1:{self._port}/agent.ashx\n"
        )
        lab = self._room.lab
        lab.children.start("meshagent", [agent / "meshagent", "run"], env=lab.pc, cwd=agent)
        until = time.monotonic() + AGENT_S
        while time.monotonic() < until:
            with contextlib.suppress(ValueError):
                for device in json.loads(self._control("listdevices", "--json")):
                    if device.get("conn"):
                        return str(device["_id"]).split("/")[-1]
            time.sleep(1)
        raise ChildError(f"MeshCentral's agent did not come in within {AGENT_S} s")

    def _control(self, *words: str) -> str:
        """A command to the server by its own tool, which does not know the authority that was made on the spot."""
        account = ("--url", f"wss://127.0.0.1:{self._port}", "--loginuser", ACCOUNT, "--loginpass", PASSWORD)
        done = subprocess.run(
            [str(node_folder() / "node"), str(PACKAGE / "meshctrl.js"), *words, *account],
            env={**os.environ, "NODE_TLS_REJECT_UNAUTHORIZED": "0", "NODE_NO_WARNINGS": "1"},
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        return done.stdout

    def _open_page(self, page: Page) -> None:
        page.fill("#username", ACCOUNT)
        page.fill("#password", PASSWORD)
        page.click("#loginButton")
        page.wait_for_function("() => typeof connectDesktop === 'function'")
        page.goto(f"{page.url.split('?')[0]}?viewmode=11&gotonode={self._node}")
        page.wait_for_function(
            "() => typeof connectDesktop === 'function' && typeof currentNode === 'object' && currentNode"
        )
        page.evaluate("() => connectDesktop(null, 1)")
        page.wait_for_function(f"() => document.getElementById('Desk').width === {WIDTH}")
        page.add_style_tag(content=AT_OWN_SIZE)
