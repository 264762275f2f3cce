"""Every entry point with its policy: what is not in this table does not exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from benchside.server.http import (
    account_routes,
    admin_routes,
    advisory_routes,
    alert_routes,
    fleet_routes,
    location_routes,
    officer_routes,
    other_routes,
    place_routes,
    session_routes,
    sso_routes,
    stream,
)

__all__ = ["ENTRY_POINTS", "EntryPoint", "EntryPolicy"]


class EntryPolicy(StrEnum):
    """Who gets in.  Anything that changes something also needs our own page's header and origin."""

    ANYONE = "anyone"
    MAILED = "mailed"
    """Whoever has a mail of ours, whose token is the proof; from any browser, also where others get no console."""
    BROWSER_REPORT = "browser_report"
    """Anyone, and without our page's header: browsers post these by themselves, and the content is not read."""
    PROVIDER = "provider"
    """The OpenID provider, which proves itself by what it signed in the body."""
    UNCONFIRMED = "unconfirmed"
    """Also a sign-in from a new browser or network, whose link from e-mail was not used yet."""
    SIGNED_IN = "signed_in"
    """Also whoever must change the password, or set up the second factor, first."""
    WORKING = "working"
    """Signed in at the provider, or with a password of one's own and a second factor."""
    SCOPED = "scoped"
    """Like WORKING, and access/model.py decides on each request or session."""
    ADMINISTRATOR = "administrator"
    """Like WORKING, and the account is an administrator's at this moment."""
    OFFICER = "officer"
    """Like WORKING, and the account is a customer's security officer's; only reads, only what is at their sites."""


@dataclass(frozen=True)
class EntryPoint:
    """A way into the server."""

    method: str
    path: str
    policy: EntryPolicy
    serve: Callable[..., Any]
    """FastAPI reads its signature, so its type is its own."""
    status: int = 200

    @property
    def route(self) -> str:
        """`path` as the web framework takes it; ids that people chose may be of before slashes were refused."""
        return self.path.replace("{id}", "{id:path}") if self.path in _CHOSEN else self.path


_CHOSEN = frozenset(f"/api/admin/{kind}/{{id}}" for kind in ("people", "groups", "customers", "sites"))


ENTRY_POINTS: tuple[EntryPoint, ...] = (
    EntryPoint("GET", "/healthz", EntryPolicy.ANYONE, other_routes.health),
    EntryPoint("GET", "/api/about", EntryPolicy.ANYONE, other_routes.about),
    EntryPoint("POST", "/api/csp-report", EntryPolicy.BROWSER_REPORT, other_routes.content_report, 204),
    EntryPoint("POST", "/api/sign-in", EntryPolicy.ANYONE, account_routes.sign_in),
    EntryPoint("GET", "/api/sign-in", EntryPolicy.ANYONE, sso_routes.ways),
    EntryPoint("GET", "/api/sso/start", EntryPolicy.ANYONE, sso_routes.start, 303),
    EntryPoint("GET", "/api/sso/callback", EntryPolicy.ANYONE, sso_routes.callback, 303),
    EntryPoint("POST", "/api/sso/logout", EntryPolicy.PROVIDER, sso_routes.logout),
    EntryPoint("POST", "/api/location", EntryPolicy.UNCONFIRMED, location_routes.confirm_location, 204),
    EntryPoint("POST", "/api/location/mail", EntryPolicy.UNCONFIRMED, location_routes.send_link),
    EntryPoint("POST", "/api/location/denial", EntryPolicy.MAILED, location_routes.deny_location, 204),
    EntryPoint("POST", "/api/second-factor", EntryPolicy.SIGNED_IN, account_routes.offer_factor),
    EntryPoint("PUT", "/api/second-factor", EntryPolicy.SIGNED_IN, account_routes.set_factor, 204),
    EntryPoint("POST", "/api/confirm", EntryPolicy.SIGNED_IN, account_routes.confirm, 204),
    EntryPoint("POST", "/api/sign-out", EntryPolicy.UNCONFIRMED, account_routes.sign_out, 204),
    EntryPoint("POST", "/api/password", EntryPolicy.SIGNED_IN, account_routes.set_password, 204),
    EntryPoint("GET", "/api/me", EntryPolicy.UNCONFIRMED, account_routes.me),
    EntryPoint("PUT", "/api/me/key", EntryPolicy.WORKING, account_routes.set_key),
    EntryPoint("GET", "/api/stream", EntryPolicy.SCOPED, stream.stream),
    EntryPoint("GET", "/api/requests", EntryPolicy.SCOPED, session_routes.requests),
    EntryPoint("POST", "/api/requests/{id}/claim", EntryPolicy.SCOPED, session_routes.claim),
    EntryPoint("POST", "/api/requests/{id}/release", EntryPolicy.SCOPED, session_routes.release, 204),
    EntryPoint("POST", "/api/requests/{id}/tickets", EntryPolicy.SCOPED, session_routes.ticket),
    EntryPoint("POST", "/api/requests/{id}/agreement", EntryPolicy.SCOPED, session_routes.agree, 204),
    EntryPoint("GET", "/api/sessions", EntryPolicy.SCOPED, session_routes.sessions),
    EntryPoint("GET", "/api/sessions/{id}", EntryPolicy.SCOPED, session_routes.session),
    EntryPoint("GET", "/api/sessions/{id}/verify", EntryPolicy.SCOPED, session_routes.verify),
    EntryPoint("GET", "/api/fleet", EntryPolicy.SCOPED, fleet_routes.fleet),
    EntryPoint("GET", "/api/fleet/conditions", EntryPolicy.SCOPED, fleet_routes.conditions),
    EntryPoint("GET", "/api/fleet/devices/{id}", EntryPolicy.SCOPED, fleet_routes.timeline),
    EntryPoint("GET", "/api/admin/people", EntryPolicy.ADMINISTRATOR, admin_routes.people),
    EntryPoint("PUT", "/api/admin/people/{id}", EntryPolicy.ADMINISTRATOR, admin_routes.put_person),
    EntryPoint("DELETE", "/api/admin/people/{id}", EntryPolicy.ADMINISTRATOR, admin_routes.remove_person, 204),
    EntryPoint("GET", "/api/admin/groups", EntryPolicy.ADMINISTRATOR, admin_routes.groups),
    EntryPoint("PUT", "/api/admin/groups/{id}", EntryPolicy.ADMINISTRATOR, admin_routes.put_group, 204),
    EntryPoint("DELETE", "/api/admin/groups/{id}", EntryPolicy.ADMINISTRATOR, admin_routes.remove_group, 204),
    EntryPoint("POST", "/api/admin/import/{kind}", EntryPolicy.ADMINISTRATOR, admin_routes.import_table),
    EntryPoint("GET", "/api/admin/policy", EntryPolicy.ADMINISTRATOR, admin_routes.policy),
    EntryPoint("GET", "/api/admin/policy/proposal", EntryPolicy.ADMINISTRATOR, admin_routes.proposal),
    EntryPoint("POST", "/api/admin/policy", EntryPolicy.ADMINISTRATOR, admin_routes.install_policy),
    EntryPoint("GET", "/api/admin/customers", EntryPolicy.ADMINISTRATOR, place_routes.customers),
    EntryPoint("PUT", "/api/admin/customers/{id}", EntryPolicy.ADMINISTRATOR, place_routes.put_customer, 204),
    EntryPoint("DELETE", "/api/admin/customers/{id}", EntryPolicy.ADMINISTRATOR, place_routes.remove_customer, 204),
    EntryPoint("GET", "/api/admin/sites", EntryPolicy.ADMINISTRATOR, place_routes.sites),
    EntryPoint("PUT", "/api/admin/sites/{id}", EntryPolicy.ADMINISTRATOR, place_routes.put_site, 204),
    EntryPoint("GET", "/api/admin/models", EntryPolicy.ADMINISTRATOR, place_routes.models),
    EntryPoint("PUT", "/api/admin/models", EntryPolicy.ADMINISTRATOR, place_routes.put_model, 204),
    EntryPoint("GET", "/api/admin/devices", EntryPolicy.ADMINISTRATOR, place_routes.devices),
    EntryPoint("DELETE", "/api/admin/devices/{id}", EntryPolicy.ADMINISTRATOR, place_routes.revoke_device, 204),
    EntryPoint("POST", "/api/admin/devices/{id}/release", EntryPolicy.ADMINISTRATOR, place_routes.release_device, 204),
    EntryPoint("POST", "/api/admin/devices/{id}/rotation", EntryPolicy.ADMINISTRATOR, place_routes.rotate_device, 204),
    EntryPoint("GET", "/api/admin/tokens", EntryPolicy.ADMINISTRATOR, place_routes.tokens),
    EntryPoint("POST", "/api/admin/tokens", EntryPolicy.ADMINISTRATOR, place_routes.make_token),
    EntryPoint("DELETE", "/api/admin/tokens/{id}", EntryPolicy.ADMINISTRATOR, place_routes.revoke_token, 204),
    EntryPoint("GET", "/api/admin/advisories", EntryPolicy.ADMINISTRATOR, advisory_routes.advisories),
    EntryPoint("POST", "/api/admin/advisories", EntryPolicy.ADMINISTRATOR, advisory_routes.make_advisory),
    EntryPoint("GET", "/api/admin/advisories/{id}", EntryPolicy.ADMINISTRATOR, advisory_routes.advisory),
    EntryPoint("DELETE", "/api/admin/advisories/{id}", EntryPolicy.ADMINISTRATOR, advisory_routes.withdraw, 204),
    EntryPoint("GET", "/api/admin/alerts", EntryPolicy.ADMINISTRATOR, alert_routes.alerts),
    EntryPoint("PUT", "/api/admin/alerts/{id}", EntryPolicy.ADMINISTRATOR, alert_routes.put_alert, 204),
    EntryPoint("DELETE", "/api/admin/alerts/{id}", EntryPolicy.ADMINISTRATOR, alert_routes.remove_alert, 204),
    EntryPoint("POST", "/api/admin/alerts/{id}/test", EntryPolicy.ADMINISTRATOR, alert_routes.test_alert),
    EntryPoint("GET", "/api/officer/devices", EntryPolicy.OFFICER, officer_routes.devices),
    EntryPoint("GET", "/api/officer/devices/{id}/stored", EntryPolicy.OFFICER, officer_routes.stored),
    EntryPoint("GET", "/api/officer/admitted", EntryPolicy.OFFICER, officer_routes.admitted),
    EntryPoint("GET", "/api/officer/sessions", EntryPolicy.OFFICER, officer_routes.sessions),
    EntryPoint("GET", "/api/officer/sessions/{id}", EntryPolicy.OFFICER, officer_routes.session),
    EntryPoint("GET", "/api/officer/sessions/{id}/verify", EntryPolicy.OFFICER, officer_routes.verify),
    EntryPoint("GET", "/api/officer/fleet", EntryPolicy.OFFICER, fleet_routes.officer_fleet),
    EntryPoint("GET", "/api/officer/fleet/conditions", EntryPolicy.OFFICER, fleet_routes.officer_conditions),
    EntryPoint("GET", "/api/officer/fleet/devices/{id}", EntryPolicy.OFFICER, fleet_routes.officer_timeline),
)
"""Beside these: /api/openapi.json (the description of this table) and the console's files, both for anyone."""
