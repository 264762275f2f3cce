"""An OpenID provider that lies as a test tells it to.  What it does not lie about is right."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from tests.fakes.server_world import SETTINGS

from benchside.server.keys.files import write_secret
from benchside.server.settings import ServerSettings

__all__ = ["CLIENT", "SECRET", "LyingProvider", "settings_for"]

CLIENT, SECRET = "benchside-console", "a client secret of thirty two letters"
Change = Callable[[dict[str, Any]], None]


def honest(_content: dict[str, Any]) -> None:
    """Change nothing."""


@dataclass
class LyingProvider:
    """One issuer on loopback.  Each `change_…` may alter what is about to be said."""

    nonce: str = ""
    subject: str = "subject-1"
    change_claims: Change = honest
    change_answer: Change = honest
    change_metadata: Change = honest
    make_token: Callable[[LyingProvider, dict[str, Any]], str] | None = None
    raw: bytes | None = None
    """Said in place of the token answer, whatever its status."""
    status: int = 200
    error: str = "invalid_grant"
    drip_s: float = 0.0
    """Between the bytes of the token answer."""
    asked: list[dict[str, str]] = field(default_factory=list)
    """Forms that came to the token endpoint."""
    key_fetches: int = 0
    keys: list[ECKey] = field(default_factory=lambda: [fresh_key()])
    """The first one signs; all are published."""

    def __post_init__(self) -> None:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/.well-known/openid-configuration":
                    self.say(200, json.dumps(provider.metadata()).encode())
                elif self.path == "/keys":
                    provider.key_fetches += 1
                    keys = [key.as_dict(private=False) for key in provider.keys]
                    self.say(200, json.dumps({"keys": keys}).encode())
                else:
                    self.say(404, b"{}")

            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["content-length"])).decode()
                provider.asked.append({name: values[0] for name, values in parse_qs(form).items()})
                if provider.raw is not None:
                    self.say(provider.status, provider.raw)
                elif provider.status != 200:
                    self.say(provider.status, json.dumps({"error": provider.error}).encode())
                else:
                    self.say(200, json.dumps(provider.answer()).encode())

            def say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.send_header("location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()
                if provider.drip_s and self.command == "POST":
                    with contextlib.suppress(OSError):
                        for byte in body:
                            self.wfile.write(bytes([byte]))
                            time.sleep(provider.drip_s)
                    return
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def metadata(self) -> dict[str, Any]:
        content: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
        self.change_metadata(content)
        return content

    def claims(self) -> dict[str, Any]:
        now = int(time.time())
        digest = hashlib.sha256(b"access").digest()[:16]
        return {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": self.subject,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": self.nonce,
            "at_hash": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "preferred_username": "ana",
            "sid": "sid-1",
        }

    def answer(self) -> dict[str, Any]:
        claims = self.claims()
        self.change_claims(claims)
        token = self.make_token(self, claims) if self.make_token else self.sign(claims)
        content = {"access_token": "access", "token_type": "Bearer", "id_token": token, "refresh_token": "refresh-1"}
        self.change_answer(content)
        return content

    def sign(self, claims: dict[str, Any], key: ECKey | None = None, **header: str) -> str:
        key = key or self.keys[0]
        return jwt.encode({"alg": "ES256", "kid": key.kid, **header}, claims, key)

    def logout_token(self, **changes: object) -> str:
        """A logout token (Back-Channel Logout 1.0) for this provider's session."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 120,
            "jti": base64.urlsafe_b64encode(hashlib.sha256(str(time.monotonic_ns()).encode()).digest()).decode(),
            "sid": "sid-1",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        } | changes
        return self.sign({name: value for name, value in claims.items() if value is not None})


def fresh_key() -> ECKey:
    return ECKey.generate_key("P-256", auto_kid=True)


def unsigned(_provider: LyingProvider, claims: dict[str, Any]) -> str:
    """`alg: none`, as old libraries took it."""
    parts = [json.dumps(each).encode() for each in ({"alg": "none"}, claims)]
    return ".".join(base64.urlsafe_b64encode(each).decode().rstrip("=") for each in parts) + "."


def by_our_secret(_provider: LyingProvider, claims: dict[str, Any]) -> str:
    """HS256 under the client's secret, which the client could have made itself."""
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))


def by_the_public_key(provider: LyingProvider, claims: dict[str, Any]) -> str:
    """HS256 under the published key's text: whoever asks a public key to check it agrees."""
    key = provider.keys[0]
    parts = [json.dumps(each).encode() for each in ({"alg": "HS256", "kid": key.kid}, claims)]
    said = ".".join(base64.urlsafe_b64encode(each).decode().rstrip("=") for each in parts)
    tag = hmac.digest(key.as_pem(private=False), said.encode(), "sha256")
    return f"{said}.{base64.urlsafe_b64encode(tag).decode().rstrip('=')}"


def by_a_stranger(provider: LyingProvider, claims: dict[str, Any]) -> str:
    """Signed by another key under the right key's name."""
    return provider.sign(claims, fresh_key(), kid=str(provider.keys[0].kid))


def by_an_unknown_key(provider: LyingProvider, claims: dict[str, Any]) -> str:
    return provider.sign(claims, fresh_key())


def with_a_key_inside(provider: LyingProvider, claims: dict[str, Any]) -> str:
    """The header brings its own key (RFC 7515, 4.1.3)."""
    key = fresh_key()
    header: dict[str, Any] = {"alg": "ES256", "jwk": key.as_dict(private=False)}
    return jwt.encode(header, claims, key)


def settings_for(provider: LyingProvider, folder: Path) -> ServerSettings:
    """Of a server at which people sign in with this provider; its secret is written into `folder`."""
    secret = folder / "secret"
    write_secret(secret, SECRET.encode())
    return replace(SETTINGS, sso_issuer=provider.issuer, sso_client_id=CLIENT, sso_client_secret_file=str(secret))
