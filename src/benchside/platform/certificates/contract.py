"""What a certificate of the machine is, and how many are looked at."""

from __future__ import annotations

__all__ = ["MAX_CERTIFICATES", "MAX_CERTIFICATE_BYTES"]

MAX_CERTIFICATES = 64
"""Of the machine's own; a hospital's PC has a handful."""
MAX_CERTIFICATE_BYTES = 16 * 1024
"""RSA-4096 with long names takes 3 kB."""
