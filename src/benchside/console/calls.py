"""What the console's pages may ask of a server through this program: whatever is not here is not passed on."""

from __future__ import annotations

import re

from benchside.transport.web.package import SSO_CALLBACK

__all__ = ["CALLS", "PROPOSAL", "REPORT", "SSO_START", "STREAM", "is_call"]

STREAM = "/api/stream"
SSO_START = "/api/sso/start"
REPORT = "/api/csp-report"
PROPOSAL = "/api/admin/policy/proposal"
"""A file, where everything else is JSON."""
"""What a browser kept out; heard here, and not passed on."""

CALLS: frozenset[tuple[str, str]] = frozenset(
    {
        ("POST", "/api/sign-in"),
        ("GET", "/api/sign-in"),
        ("GET", SSO_START),
        ("GET", SSO_CALLBACK),
        ("POST", "/api/second-factor"),
        ("PUT", "/api/second-factor"),
        ("POST", "/api/confirm"),
        ("POST", "/api/sign-out"),
        ("POST", "/api/password"),
        ("GET", "/api/me"),
        ("PUT", "/api/me/key"),
        ("GET", STREAM),
        ("GET", "/api/requests"),
        ("POST", "/api/requests/{id}/claim"),
        ("POST", "/api/requests/{id}/release"),
        ("POST", "/api/requests/{id}/tickets"),
        ("POST", "/api/requests/{id}/agreement"),
        ("POST", "/api/location"),
        ("POST", "/api/location/mail"),
        ("POST", "/api/location/denial"),
        ("GET", "/api/fleet"),
        ("GET", "/api/fleet/conditions"),
        ("GET", "/api/fleet/devices/{id}"),
        ("GET", "/api/officer/fleet"),
        ("GET", "/api/officer/fleet/conditions"),
        ("GET", "/api/officer/fleet/devices/{id}"),
        ("GET", "/api/admin/people"),
        ("PUT", "/api/admin/people/{id}"),
        ("DELETE", "/api/admin/people/{id}"),
        ("GET", "/api/admin/groups"),
        ("PUT", "/api/admin/groups/{id}"),
        ("DELETE", "/api/admin/groups/{id}"),
        ("POST", "/api/admin/import/{kind}"),
        ("GET", "/api/admin/policy"),
        ("POST", "/api/admin/policy"),
        ("GET", PROPOSAL),
        ("GET", "/api/admin/customers"),
        ("PUT", "/api/admin/customers/{id}"),
        ("DELETE", "/api/admin/customers/{id}"),
        ("GET", "/api/admin/sites"),
        ("PUT", "/api/admin/sites/{id}"),
        ("GET", "/api/admin/models"),
        ("PUT", "/api/admin/models"),
        ("GET", "/api/admin/devices"),
        ("DELETE", "/api/admin/devices/{id}"),
        ("POST", "/api/admin/devices/{id}/release"),
        ("POST", "/api/admin/devices/{id}/rotation"),
        ("GET", "/api/admin/tokens"),
        ("POST", "/api/admin/tokens"),
        ("DELETE", "/api/admin/tokens/{id}"),
        ("GET", "/api/admin/alerts"),
        ("PUT", "/api/admin/alerts/{id}"),
        ("DELETE", "/api/admin/alerts/{id}"),
        ("POST", "/api/admin/alerts/{id}/test"),
        ("GET", "/api/admin/advisories"),
        ("POST", "/api/admin/advisories"),
        ("GET", "/api/admin/advisories/{id}"),
        ("DELETE", "/api/admin/advisories/{id}"),
        ("GET", "/api/officer/devices"),
        ("GET", "/api/officer/devices/{id}/stored"),
        ("GET", "/api/officer/admitted"),
        ("GET", "/api/officer/sessions"),
        ("GET", "/api/officer/sessions/{id}"),
        ("GET", "/api/officer/sessions/{id}/verify"),
        ("GET", "/api/sessions"),
        ("GET", "/api/sessions/{id}"),
        ("GET", "/api/sessions/{id}/verify"),
    }
)

_ID = re.compile(r"\{[a-z_]+\}")
_ONE = "[A-Za-z0-9][A-Za-z0-9._:@+-]{0,63}"
"""A number of ours, or an account; never a dot first, which would lead elsewhere."""
_NAMED = frozenset(f"/api/admin/{kind}/{{id}}" for kind in ("people", "groups", "customers", "sites"))
"""What people named, some with slashes, before the server refused those."""
_PATTERNS = [
    (method, re.compile((f"{_ONE}(?:/{_ONE})*" if path in _NAMED else _ONE).join(map(re.escape, _ID.split(path)))))
    for method, path in sorted(CALLS)
]


def is_call(method: str, path: str) -> bool:
    """Whether a page may ask this; `path` is decoded, and what matches can be sent as it is."""
    return any(method == known and pattern.fullmatch(path) is not None for known, pattern in _PATTERNS)
