"""How we check servers: by the authorities that the operating system trusts, and one that a setting adds."""

from __future__ import annotations

import ssl
import sys
from pathlib import Path

from benchside.protocol.errors import UnavailableError

__all__ = ["client_tls"]

_BUNDLES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),  # Debian, Ubuntu
    Path("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),  # Fedora, RHEL
    Path("/etc/ssl/ca-bundle.pem"),  # SUSE
)
"""For a Python that was built elsewhere, and whose OpenSSL looks for certificates where there are none."""


def client_tls(ca_file: Path | None) -> ssl.SSLContext:
    """Return how we check servers: TLS 1.2 or newer, the system's authorities, and `ca_file` besides."""
    context = _of_system() if ca_file is None else _of_openssl()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise UnavailableError(f"expected certificates in {ca_file.name}, got none that can be read") from error
    return context


def _of_system() -> ssl.SSLContext:
    if sys.platform == "linux":
        return _of_openssl()  # the system's authorities are files that OpenSSL reads
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _of_openssl() -> ssl.SSLContext:
    """OpenSSL checks, by what the system has at hand: also where an authority is added to it.

    `truststore` could do that too, by a chain engine of Windows' own that Wine lacks, so nobody here could try it.
    """
    context = ssl.create_default_context()
    # Python 3.13 asks for extensions that the authorities of inspecting proxies often lack
    context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
    paths = ssl.get_default_verify_paths()
    if sys.platform == "linux" and paths.cafile is None and not any(Path(paths.capath or "/nonexistent").glob("*.0")):
        for bundle in _BUNDLES:
            if bundle.exists():
                context.load_verify_locations(cafile=bundle)
                break
    return context
