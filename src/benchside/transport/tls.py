"""How we check servers: by the authorities that the operating system trusts, and one that a setting adds."""

from __future__ import annotations

import ssl
import sys
from pathlib import Path

from benchside.protocol.errors import UnavailableError

__all__ = ["ASKS_THE_SYSTEM", "client_tls"]

ASKS_THE_SYSTEM = sys.platform != "linux"
"""Whether the operating system checks certificates itself, by `truststore`.  On Linux its authorities are files that
OpenSSL reads, and `truststore` adds nothing; and it must not be used there, nor with aiofastnet anywhere: that takes
OpenSSL's own object out of a context, in which `truststore` has put nothing, so that every server is refused."""
_BUNDLES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),  # Debian, Ubuntu
    Path("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),  # Fedora, RHEL
    Path("/etc/ssl/ca-bundle.pem"),  # SUSE
)
"""For a Python that was built elsewhere, and whose OpenSSL looks for certificates where there are none."""


def client_tls(ca_file: Path | None) -> ssl.SSLContext:
    """Return how we check servers: TLS 1.2 or newer, the system's authorities, and `ca_file` besides."""
    context = _of_system()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise UnavailableError(f"expected certificates in {ca_file.name}, got none that can be read") from error
    return context


def _of_system() -> ssl.SSLContext:
    if sys.platform != "linux":
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.create_default_context()
    # Python 3.13 asks for extensions that the authorities of inspecting proxies often lack
    context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
    paths = ssl.get_default_verify_paths()
    if paths.cafile is None and not any(Path(paths.capath or "/nonexistent").glob("*.0")):
        for bundle in _BUNDLES:
            if bundle.exists():
                context.load_verify_locations(cafile=bundle)
                break
    return context
