"""`benchside` as an operator runs it: set up by commands, served over TLS, stopped and killed."""

from __future__ import annotations

import asyncio
import base64
import datetime
import ipaddress
import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from examples.demo.children import free_port
from tests.fakes.authenticator import Authenticator
from tests.fakes.clients import http_client
from tests.fakes.server_world import rsa_key

from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.enrolment import ENROLMENT, TOKEN, EnrolmentKey
from benchside.transport.websocket import client_tls, dial

pytestmark = [pytest.mark.system, pytest.mark.slow]
BENCHSIDE = str(Path(sys.executable).parent / "benchside")
READY = re.compile(r"benchside serve: ready web=(\S+) link=(\S+) session=(\S+)\n")


def benchside(*words: str, stdin: str = "") -> str:
    command = [BENCHSIDE, *words]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def serving(folder: Path, *flags: str) -> Iterator[tuple[subprocess.Popen[str], tuple[str, str, str]]]:
    command = [BENCHSIDE, "serve", "--data", str(folder), *flags]
    with (folder.parent / "serve.log").open("a") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None
            ready = READY.fullmatch(process.stdout.readline())
            assert ready, (folder.parent / "serve.log").read_text()
            yield process, (ready[1], ready[2], ready[3])
        finally:
            process.kill()
            process.wait()


def make_certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
    certificate = (
        builder.serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem"


@pytest.mark.alone
async def test_a_server_is_made_served_over_tls_stopped_and_killed(tmp_path: Path) -> None:
    data, authority = tmp_path / "data", tmp_path / "authority"
    certificate = make_certificate(tmp_path)
    benchside("authority", "--dir", str(authority), "init")
    benchside("authority", "--dir", str(authority), "public-key", str(tmp_path / "authority.pem"))
    link_port = free_port()
    ports = ("--web", f"127.0.0.1:{free_port()}", "--link", f"127.0.0.1:{link_port}")
    ports += ("--session", f"127.0.0.1:{free_port()}")
    tls = ("--tls-cert", str(certificate), "--tls-key", str(tmp_path / "key.pem"))
    benchside("admin", "init", "--data", str(data), "--authority-key", str(tmp_path / "authority.pem"), *ports, *tls,
              "--local-accounts", "on")  # fmt: skip
    benchside("admin", "ticket-key", "--data", str(data), str(tmp_path / "ticket.pem"))
    benchside("authority", "--dir", str(authority), "ticket-key", str(tmp_path / "ticket.pem"))
    benchside("admin", "site", "add", "--data", str(data), "lab-1", "--name", "First Lab")
    password = benchside("admin", "account", "add", "--data", str(data), "ana").strip()
    printed = benchside("admin", "enrolment-token", "--data", str(data), "--site", "lab-1").strip()
    token = TOKEN.decode(base64.urlsafe_b64decode(printed + "=" * (-len(printed) % 4)))
    assert token.link_url == f"wss://127.0.0.1:{link_port}"
    trust = ssl.create_default_context(cafile=certificate)

    with serving(data) as (process, (web, link, _)):
        headers = {"Origin": web, "X-Benchside": "1"}
        async with http_client(web, headers=headers, verify=trust) as http:
            answer = await http.post("/api/sign-in", json={"account": "ana", "password": password})
            assert answer.status_code == 200
            cookie = answer.headers["set-cookie"]
            assert cookie.startswith("__Host-benchside_session=")
            assert "Secure" in cookie
            assert "max-age=63072000" in answer.headers["strict-transport-security"]
            changed = await http.post("/api/password", json={"old": password, "new": "correct horse battery"})
            assert changed.status_code == 204
            offered = await http.post("/api/second-factor")
            code = Authenticator(offered.json()["secret"]).code()
            assert (await http.put("/api/second-factor", json={"code": code})).status_code == 204
            spki = public_bytes(rsa_key(1).public_key())
            await http.put("/api/me/key", json={"spki": base64.b64encode(spki).decode()})
            # the authority signs her in beside the running server, which notices by itself
            shown = benchside("admin", "account", "list", "--data", str(data))
            groups = shown.split("key ")[1].strip()
            assert groups.replace(" ", "") == fingerprint(spki).hex()
            who = ("--id", "ana", "--name", "Ana", "--organisation", "Vendor", "--region", "global")
            words = (*who, "--customer", "*", "--site", "*", "--training", "privacy=gdpr=2099-12-31")
            benchside(
                "authority", "--dir", str(authority), "sign-in", *words, "--fingerprint", groups, "--model", "*",
                stdin="yes\n",
            )  # fmt: skip
            benchside("authority", "--dir", str(authority), "export", str(tmp_path / "policy"))
            assert "version 2" in benchside("admin", "policy", "install", "--data", str(data), str(tmp_path / "policy"))
            deadline = time.monotonic() + 5
            while not (me := (await http.get("/api/me")).json())["name"]:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.1)
            assert me["key"]["in_policy"] is True
            enrolment = await dial(link + "/v1/enrol", tls=client_tls(certificate), max_bytes=ENROLMENT.max_bytes)
            key = ENROLMENT.decode(await enrolment.receive())  # type: ignore[arg-type]  # binary here
            assert isinstance(key, EnrolmentKey)
            assert fingerprint(key.server_key) == token.server_key
            agent = await dial(link + "/v1/agent", tls=client_tls(certificate), max_bytes=wire.LINK.max_bytes)
            await agent.receive()
            async with http.stream("GET", "/api/stream") as stream:
                assert stream.status_code == 200
                start = time.monotonic()
                process.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(process.wait, 8) == 0
                assert time.monotonic() - start < 5
            cookies = dict(http.cookies)

    for number in (signal.SIGKILL, signal.SIGTERM):
        with serving(data) as (process, (web, _, _)):
            async with http_client(web, verify=trust, cookies=cookies) as http:
                assert (await http.get("/api/me")).json()["account"] == "ana"
            process.send_signal(number)
            process.wait(8)
    assert "Traceback" not in (tmp_path / "serve.log").read_text()


def test_what_would_be_unsafe_is_refused_before_anything_listens(tmp_path: Path) -> None:
    for words, says in (
        (("serve", "--data", str(tmp_path)), "no server yet"),
        (("admin", "site", "list", "--data", str(tmp_path)), "no server yet"),
        (("admin", "init", "--data", str(tmp_path), "--authority-key", "nowhere.pem"), "cannot read nowhere.pem"),
        (("authority", "--dir", str(tmp_path), "list"), "cannot read authority.json"),
        (("nonsense",), "usage"),
    ):
        command = [BENCHSIDE, *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode in (1, 2)
        assert says in done.stderr
        assert "Traceback" not in done.stderr
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - nothing was made
