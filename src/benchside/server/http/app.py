"""The HTTP application: the table's entry points behind their policies, the console's files, and the surroundings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.types import ASGIApp

from benchside.protocol.errors import Refusal, RefusedError
from benchside.server.http.answers import FAULTS, DescribedApi, answer_of, described
from benchside.server.http.context import Services, services_of, token_of
from benchside.server.http.denial import DenialPage
from benchside.server.http.faults import add_fault_answers, fault
from benchside.server.http.headers import Surroundings
from benchside.server.http.package_only import PackageOnly
from benchside.server.http.stream import Closing
from benchside.server.http.table import ENTRY_POINTS, EntryPolicy
from benchside.transport.web.files import CONSOLE, ConsoleFiles

__all__ = ["make_web"]


async def _anyone(request: Request) -> None:
    request.state.signed_in = None


async def _unconfirmed(request: Request) -> None:
    services = services_of(request)
    who = await services.sign_ins.check(token_of(request))
    if who is None or (who.is_local and not services.has_local_accounts):
        raise RefusedError(Refusal.SIGN_IN, "expected a sign-in, got none")
    request.state.signed_in = who
    await services.sign_ins.touch(who)


async def _signed_in(request: Request) -> None:
    await _unconfirmed(request)
    if request.state.signed_in.needs_location:
        raise RefusedError(Refusal.NEW_LOCATION, "expected a sign-in whose location was confirmed, got a new one")


async def _working(request: Request) -> None:
    await _signed_in(request)
    if request.state.signed_in.must_change:
        raise RefusedError(Refusal.CHANGE_PASSWORD, "expected a password of one's own, got the initial one")
    if request.state.signed_in.needs_factor:
        raise RefusedError(Refusal.SECOND_FACTOR, "expected a second factor to be set up first, got none")


async def _administrator(request: Request) -> None:
    await _with_duties(request)
    if not request.state.duties.is_administrator:
        raise RefusedError(Refusal.NOT_AUTHORISED, "expected an administrator, got somebody else")


async def _officer(request: Request) -> None:
    await _with_duties(request)
    if request.state.duties.officer_of is None:
        raise RefusedError(Refusal.NOT_AUTHORISED, "expected a customer's security officer, got somebody else")


async def _with_duties(request: Request) -> None:
    await _working(request)
    request.state.duties = await services_of(request).administration.duties_of(request.state.signed_in.account)


_DOORS: dict[EntryPolicy, Callable[[Request], Awaitable[None]]] = {
    EntryPolicy.ANYONE: _anyone,
    EntryPolicy.MAILED: _anyone,
    EntryPolicy.BROWSER_REPORT: _anyone,
    EntryPolicy.PROVIDER: _anyone,
    EntryPolicy.UNCONFIRMED: _unconfirmed,
    EntryPolicy.SIGNED_IN: _signed_in,
    EntryPolicy.WORKING: _working,
    EntryPolicy.SCOPED: _working,
    EntryPolicy.ADMINISTRATOR: _administrator,
    EntryPolicy.OFFICER: _officer,
}


_FOREIGN = (EntryPolicy.BROWSER_REPORT, EntryPolicy.PROVIDER)
"""Not sent by our own pages."""


def make_web(services: Services, closing: Closing, console: Path = CONSOLE) -> ASGIApp:
    """Return the application.  `closing` ends the streams; `console`: the folder of the built console."""
    app = DescribedApi(title="Benchside", version="1", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None)
    app.state.services = services
    app.state.closing = closing
    app.state.reports = 0
    for entry in ENTRY_POINTS:
        app.add_api_route(
            entry.route,
            entry.serve,
            methods=[entry.method],
            status_code=entry.status,
            dependencies=[Depends(_DOORS[entry.policy])],
            response_model_exclude_none=False,
            responses=FAULTS,
            response_class=answer_of(entry),
            openapi_extra=described(entry),
        )

    async def nothing(request: Request) -> object:
        return fault(404, "not_found")

    app.add_route("/api/{rest:path}", nothing, methods=["GET", "POST", "PUT", "DELETE", "PATCH"])  # type: ignore[arg-type]  # an endpoint of one request
    app.add_route("/not-me", DenialPage(services.server_name).serve, methods=["GET", "HEAD"])
    pages = ConsoleFiles(console) if services.admits_browsers else PackageOnly(services.web_url)
    app.add_route("/{rest:path}", pages.serve, methods=["GET", "HEAD"])
    add_fault_answers(app)
    relay = urlsplit(services.relay_url)
    return Surroundings(
        app,
        relay_origin=f"{relay.scheme}://{relay.netloc}",
        origins=services.origins,
        is_https=services.is_https,
        foreign=frozenset(entry.path for entry in ENTRY_POINTS if entry.policy in _FOREIGN),
        for_anyones_browser=frozenset(entry.path for entry in ENTRY_POINTS if entry.policy is EntryPolicy.MAILED),
        admits_browsers=services.admits_browsers,
    )
