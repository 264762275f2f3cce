"""From what is entered to what is proposed, and tables as offices send them."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import msgspec
import pytest
from tests.fakes.people import associate, site
from tests.fakes.server_world import opened_parts

from benchside.protocol.errors import PeerError, Refusal, RefusedError, UnavailableError
from benchside.protocol.wire.policy import NO_RULES, AssociateRole, PolicyPayload, Scope, Training
from benchside.server.administration.columns import Kind
from benchside.server.administration.draft import Entered, propose, waiting, why_not_proposed
from benchside.server.administration.duties import duties_of
from benchside.server.administration.facts import CustomerFacts, GroupFacts, PersonFacts, SiteFacts
from benchside.server.administration.imports import Imported, Imports
from benchside.server.administration.people import People
from benchside.server.administration.places import Places
from benchside.server.administration.sheet import Row, read_dates, read_sheet
from benchside.server.authority.proposal import changes, merge
from benchside.server.parts import Parts

NOW = 1_800_000_000_000
LATER, EARLIER = NOW + 1000, NOW - 1000
NORTH = GroupFacts(id="north", name="North", scope=Scope(customers=("c-1",), sites=("*",), models=("CX-200",)))
SOUTH = GroupFacts(id="south", name="South", scope=Scope(customers=("c-2",), sites=("*",), models=("DX-1",)))
LAB = SiteFacts(id="lab", name="Lab", customer="c-1", laws=("gdpr",), time_zone="UTC", rules=NO_RULES)


def trained(expires: int = LATER, law: str = "gdpr") -> Training:
    return Training(course="privacy", law=law, expires_utc_ms=expires)


def ben(**changes: object) -> PersonFacts:
    known = PersonFacts(
        id="ben", name="Ben", organisation="Vendor", role=AssociateRole.ENGINEER, is_administrator=False,
        officer_of=None, until_utc_ms=None, is_active=True, groups=("north", "south"), trainings=(trained(),),
    )  # fmt: skip
    return msgspec.structs.replace(known, **changes)


def entered(*people: PersonFacts, sites: tuple[SiteFacts, ...] = (LAB,)) -> Entered:
    return Entered(people=people, groups=(NORTH, SOUTH), sites=sites, keys={"ben": b"b" * 32})


def test_who_is_complete_is_proposed_with_each_group_as_a_scope_of_its_own() -> None:
    proposal = propose(entered(ben(trainings=(trained(), trained(LATER + 5, "hipaa")))), "global", NOW)
    (one,) = proposal.associates
    assert one.scopes == (NORTH.scope, SOUTH.scope)
    assert (one.keys, one.regions, one.expires_utc_ms) == ((b"b" * 32,), ("global",), LATER + 5)
    assert [each.id for each in proposal.sites] == ["lab"]
    leaving = propose(entered(ben(until_utc_ms=LATER - 1)), "global", NOW)
    assert leaving.associates[0].expires_utc_ms == LATER - 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"is_active": False}, "inactive"),
        ({"until_utc_ms": NOW}, "inactive"),
        ({"role": None}, "no_role"),
        ({"groups": ()}, "no_group"),
        ({"trainings": ()}, "no_training"),
        ({"trainings": (trained(NOW),)}, "no_training"),
        ({"id": "eve"}, "no_key"),
    ],
)
def test_who_is_not_complete_is_not(changes: dict[str, object], why: str) -> None:
    person = ben(**changes)
    keys = entered().keys
    assert why_not_proposed(person, keys.get(person.id), NOW) == why
    assert propose(entered(person), "global", NOW).associates == ()


def test_a_site_of_nobody_or_without_a_law_is_not_proposed() -> None:
    for lab in (msgspec.structs.replace(LAB, customer=None), msgspec.structs.replace(LAB, laws=())):
        assert propose(entered(sites=(lab,)), "global", NOW).sites == ()


def test_what_waits_is_what_the_authority_has_not_signed() -> None:
    proposal = propose(entered(ben()), "global", NOW)
    payload = PolicyPayload(
        version=1, issued_utc_ms=NOW, expires_utc_ms=LATER, ticket_keys=(bytes(44),),
        associates=proposal.associates, sites=proposal.sites,
    )  # fmt: skip
    assert waiting(proposal, payload) == []
    assert {(one.kind, one.id) for one in waiting(proposal, None)} == {("added", "ben"), ("added", "lab")}
    renamed = propose(entered(ben(name="Benno")), "global", NOW)
    (change,) = waiting(renamed, payload)
    assert (change.kind, change.fields, change.new_keys) == ("changed", ("name",), ())
    gone = propose(entered(), "global", NOW)
    assert [(one.kind, one.id) for one in waiting(gone, payload)] == [("removed", "ben")]


def test_a_server_proposes_for_its_own_region_and_never_across() -> None:
    here, there = associate("ana", b"a" * 32, expires_utc_ms=LATER), site("lab-cn", region="cn")
    china = associate("li", b"l" * 32, regions=("cn",), expires_utc_ms=LATER)
    both = associate("ben", b"x" * 32, regions=("global", "cn"), expires_utc_ms=LATER)
    merged = merge((here, china, both), (there,), propose(entered(ben()), "global", NOW))
    assert {one.id: one for one in merged.associates} == {"li": china, "ben": both}, "ana is gone, ben kept by hand"
    assert [one.id for one in merged.sites] == ["lab-cn", "lab"]
    assert merged.kept_by_hand == ("ben",)
    assert [(one.kind, one.id) for one in changes(((here, china, both), ()), (merged.associates, ()))] == [
        ("removed", "ana")
    ]


# tables


PEOPLE = {"account": ("user id",), "name": (), "organisation": ("company",)}


@pytest.mark.parametrize(
    "data",
    [
        b"account,name,organisation\nben,Ben,Vendor\n",
        b"\xef\xbb\xbfAccount;Name;Company\r\nben;Ben;Vendor\r\n\r\n",
        b"sep=;\rACCOUNT;NAME;COMPANY\rben;Ben;Vendor\r",
        b"sep=;\r\nUSER_ID;NAME;COMPANY\r\nben;Ben;Vendor\r\n",
        "account\tname\torganisation\nben\tBen\tVendor\n".encode("utf-16"),
        b'"User ID","Name","Company"\n"ben"," Ben ","Vendor"\n,,\n',
        b'account;name;organisation;"notes, remarks, all, other, things"\nben;Ben;Vendor;\n',
    ],
)
def test_the_same_table_as_different_offices_send_it(data: bytes) -> None:
    sheet = read_sheet(data, PEOPLE, ("account", "name", "organisation"))
    assert not sheet.problems
    assert [dict(row.cells) for row in sheet.rows] == [{"account": "ben", "name": "Ben", "organisation": "Vendor"}]


def test_names_of_another_century_are_read_right() -> None:
    sheet = read_sheet("account;name;organisation\nñ;Peña Müller;X\n".encode("cp1252"), PEOPLE, ())
    assert sheet.rows[0]["name"] == "Peña Müller"


def dates(*cells: str) -> list[datetime.date | str]:
    return list(read_dates([Row(line, {"day": cell}) for line, cell in enumerate(cells)], "day").values())


def test_dates_are_read_where_they_are_certain_and_never_guessed() -> None:
    day = datetime.date(2027, 4, 3)
    assert dates("2027-04-03", "3.4.2027", "2027-04-03T10:00:00Z") == [day] * 3
    assert dates("03/04/2027", "25/12/2027") == [day, datetime.date(2027, 12, 25)]
    assert dates("04/03/2027", "12/25/2027") == [day, datetime.date(2027, 12, 25)]
    assert dates("03/04/2027") == ["unclear_date"]
    assert dates("05/05/2027") == [datetime.date(2027, 5, 5)]
    assert dates("13/04/2027", "04/13/2027", "03/04/2027")[2] == "unclear_date"
    assert dates("2027-02-30", "soon", "1") == ["bad_date"] * 3
    # as Excel writes them in China, and a cell that holds a moment
    assert (
        dates("2027/4/3", "2027.04.03", "3.4.2027 00:00", "04/03/2027 12:00:00 AM", "12/25/2027 0:00")[:4] == [day] * 4
    )
    assert dates("2027-04-03 or later", "2027/04-03", "45678") == ["bad_date"] * 3


@pytest.mark.parametrize(
    ("name", "encoding"), [("张伟", "gbk"), ("Łukasz", "cp1250"), ("Wojżeń", "cp1250"), ("Иван", "cp1251")]
)
def test_no_name_is_taken_as_nonsense(name: str, encoding: str) -> None:
    sheet = read_sheet(f"account;name;organisation\nli;{name};X\n".encode(encoding), PEOPLE, ())
    assert ([one.why for one in sheet.problems], list(sheet.rows)) == (["not_text"], [])


def test_names_of_the_west_are_read_in_windows_words() -> None:
    for name in ("ÍÑIGO CAÑÓN", "Jürgen Groß", "Zoë O’Neill", "Søren Ærø", "María–José"):
        sheet = read_sheet(f"account;name;organisation\na;{name};X\n".encode("cp1252"), PEOPLE, ())
        assert sheet.rows[0]["name"] == name


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    async with opened_parts(tmp_path) as opened:
        yield opened


async def take(parts: Parts, kind: Kind, text: str, *, apply: bool = True) -> Imported:
    imports = Imports(People(parts.cloud, parts.ledger), Places(parts.cloud, parts.ledger, parts.now))
    return await imports.take("root", kind, text.encode(), apply=apply)


async def test_a_whole_vendor_comes_in_by_tables_and_again_changes_nothing(parts: Parts) -> None:
    people = People(parts.cloud, parts.ledger)
    tables = (
        (Kind.CUSTOMERS, "customer,name,it_mail,language\nc-1,Hospital One,it@one.example,es\nc-2,Two,,\n"),
        (Kind.SITES, 'site,name,customer,laws,time_zone\nlab,Lab,c-1,"gdpr, HIPAA",Europe/Madrid\n'),
        (Kind.PEOPLE, "account,name,organisation,role,groups,until\nben,Ben,Vendor,Engineer,north,\n"),
        (Kind.TRAININGS, "User ID,Course name,Regulation,Valid until\nben,Data Protection,GDPR,31.01.2030\n"),
    )
    await people.put_group("root", NORTH)
    for kind, text in tables:
        seen = await take(parts, kind, text, apply=False)
        assert (seen.is_applied, seen.problems) == (False, [])
        assert seen.added + seen.changed > 0
        done = await take(parts, kind, text)
        assert done.is_applied
        again = await take(parts, kind, text)
        assert (again.added, again.changed) == (0, 0)
    one = await people.get("ben")
    assert one is not None
    assert one.groups == ("north",)
    expires = int(datetime.datetime(2030, 2, 1, tzinfo=datetime.UTC).timestamp() * 1000)
    assert one.trainings == (Training(course="Data-Protection", law="gdpr", expires_utc_ms=expires),)
    places = Places(parts.cloud, parts.ledger, parts.now)
    assert [(one.id, one.laws, one.time_zone) for one in await places.sites() if one.customer] == [
        ("lab", ("gdpr", "hipaa"), "Europe/Madrid")
    ]
    assert (await places.customers())[0].mail_language == "es"
    # a later table without a column leaves what it does not speak of
    await take(parts, Kind.PEOPLE, "account,name,organisation\nben,Benno,Vendor\n")
    changed = await people.get("ben")
    assert changed == msgspec.structs.replace(one, name="Benno")


@pytest.mark.parametrize(
    ("kind", "text", "line", "why"),
    [
        (Kind.TRAININGS, "account,course,law,expires\neve,P,gdpr,2030-01-01\n", 2, "unknown_person"),
        (Kind.TRAININGS, "account,course,law,expires\nben,P,gdpr,\n", 2, "empty"),
        (Kind.TRAININGS, "account,course,law,expires\nben,P,gdpr,2030-01-01\nben,P,x,01/02/2030\n", 3, "unclear_date"),
        (Kind.TRAININGS, "account,course,law,expires\nben,P,the law,2030-01-01\n", 2, "bad_value"),
        (Kind.SITES, "site,name,customer,laws\nlab,Lab,nobody,gdpr\n", 2, "unknown_customer"),
        (Kind.SITES, "site,name,customer,laws,time_zone\nlab,Lab,c-1,gdpr,Mars/Olympus\n", 2, "bad_time_zone"),
        (Kind.CUSTOMERS, "customer,name,it_mail\nc-9,Nine,not an address\n", 2, "bad_value"),
        (Kind.CUSTOMERS, "customer,name,language\nc-9,Nine,fr\n", 2, "bad_value"),
        (Kind.PEOPLE, "account,name,organisation\n,Ben,Vendor\n", 2, "empty"),
    ],
)  # fmt: skip
async def test_one_bad_line_and_nothing_is_taken(parts: Parts, kind: Kind, text: str, line: int, why: str) -> None:
    people, places = People(parts.cloud, parts.ledger), Places(parts.cloud, parts.ledger, parts.now)
    for customer in ("c-1", "c-2"):
        facts = CustomerFacts(id=customer, name=customer, it_mail="", mail_language="en")
        await places.put_customers("root", [facts])
    await people.put("root", [ben(groups=())])
    before = (await people.all(), await places.sites(), await places.customers())
    done = await take(parts, kind, text)
    assert not done.is_applied
    assert (done.problems[-1].line, done.problems[-1].why) == (line, why)
    assert (await people.all(), await places.sites(), await places.customers()) == before


async def test_who_stands_on_two_lines_that_differ_is_a_mistake(parts: Parts) -> None:
    people = "account,name,organisation,groups\nben,Ben,Vendor,\n"
    assert (await take(parts, Kind.PEOPLE, people + "ben,Ben,Vendor,\n", apply=False)).problems == []
    done = await take(parts, Kind.PEOPLE, people + "ben,Benno,Vendor,\n")
    assert [(one.line, one.column, one.why) for one in done.problems] == [(3, "account", "repeated")]
    assert (done.is_applied, await People(parts.cloud, parts.ledger).all()) == (False, [])


@pytest.mark.parametrize("years", [("2030", "2026"), ("2026", "2030")])
async def test_of_a_training_that_was_passed_again_the_latest_counts(parts: Parts, years: tuple[str, str]) -> None:
    people = People(parts.cloud, parts.ledger)
    await people.put("root", [ben(groups=(), trainings=())])
    lines = "".join(f"ben,P,gdpr,{year}-01-31\n" for year in years)
    await take(parts, Kind.TRAININGS, f"account,course,law,expires\n{lines}")
    one = await people.get("ben")
    assert one is not None
    assert [each.expires_utc_ms for each in one.trainings] == [
        int(datetime.datetime(2030, 2, 1, tzinfo=datetime.UTC).timestamp() * 1000)
    ]
    # what is known already is no line of the table: one that is entered shorter is shorter
    await take(parts, Kind.TRAININGS, "account,course,law,expires\nben,P,gdpr,2028-01-31\n")
    shorter = await people.get("ben")
    assert shorter is not None
    assert shorter.trainings[0].expires_utc_ms < one.trainings[0].expires_utc_ms


async def test_facts_out_of_their_limits_are_refused(parts: Parts) -> None:
    people, places = People(parts.cloud, parts.ledger), Places(parts.cloud, parts.ledger, parts.now)
    for wrong in ({"id": "../x"}, {"name": "a\u202eb"}, {"name": ""}, {"trainings": (trained(-1),)}):
        with pytest.raises(PeerError):
            await people.put("root", [ben(**{"groups": ()} | wrong)])  # type: ignore[arg-type]  # hostile on purpose
    with pytest.raises(RefusedError) as unknown:
        await people.put("root", [ben()])
    assert unknown.value.reason is Refusal.UNKNOWN
    with pytest.raises(UnavailableError):
        await places.put_sites("root", [msgspec.structs.replace(LAB, customer=None, time_zone="Mars/Olympus")])
    with pytest.raises(PeerError):
        await places.put_customers("root", [CustomerFacts(id="c", name="C", it_mail="a b@c", mail_language="en")])
    assert await people.all() == []


async def test_a_customer_with_sites_is_not_forgotten(parts: Parts) -> None:
    places = Places(parts.cloud, parts.ledger, parts.now)
    await places.put_customers("root", [CustomerFacts(id="c-1", name="C", it_mail="", mail_language="en")])
    await places.put_sites("root", [LAB])
    with pytest.raises(RefusedError) as used:
        await places.remove_customer("root", "c-1")
    assert used.value.reason is Refusal.IN_USE


async def test_a_customers_past_goes_with_it_and_to_nobody_who_gets_its_id_later(parts: Parts) -> None:
    places = Places(parts.cloud, parts.ledger, count(1000).__next__)
    customer = CustomerFacts(id="c-1", name="C", it_mail="", mail_language="en")
    await places.put_customers("root", [customer, msgspec.structs.replace(customer, id="c-2")])
    await places.put_sites("root", [msgspec.structs.replace(LAB, customer="c-1")])
    await places.put_sites("root", [msgspec.structs.replace(LAB, customer="c-2")])
    await places.put_sites("root", [msgspec.structs.replace(LAB, customer=None)])
    assert [one.site for one in await places.terms_of("c-1")] == [LAB.id]
    assert await places.whose(LAB.id, 1000) == "c-1"
    await places.remove_customer("root", "c-1")
    await places.put_customers("root", [msgspec.structs.replace(customer, name="Another")])
    assert await places.terms_of("c-1") == []
    assert await places.whose(LAB.id, 1000) is None, "nor do mails about it go there"
    assert [one.site for one in await places.terms_of("c-2")] == [LAB.id], "the others' stays theirs"


@pytest.mark.parametrize("address", ["it.@one.example", "josé@one.example", "it@one..example", "it@-one.example"])
async def test_no_address_is_taken_that_mail_cannot_go_to(parts: Parts, address: str) -> None:
    places = Places(parts.cloud, parts.ledger, parts.now)
    with pytest.raises(PeerError):
        await places.put_customers("root", [CustomerFacts(id="c", name="C", it_mail=address, mail_language="en")])
    done = await take(parts, Kind.CUSTOMERS, f"customer,name,it_mail\nc-9,Nine,{address}\n")
    assert [(one.line, one.column, one.why) for one in done.problems] == [(2, "it_mail", "bad_value")]


async def test_a_training_without_an_end_comes_as_the_last_day_of_all(parts: Parts) -> None:
    await People(parts.cloud, parts.ledger).put("root", [ben(groups=())])
    done = await take(parts, Kind.TRAININGS, "account,course,law,expires\nben,P,pipl,31.12.9999\n")
    assert (done.is_applied, done.problems) == (True, [])
    one = await People(parts.cloud, parts.ledger).get("ben")
    assert one is not None
    assert max(training.expires_utc_ms for training in one.trainings) == 253_402_300_799_999


async def test_no_administrator_ends_oneself_and_an_operator_brings_one_back(parts: Parts) -> None:
    people = People(parts.cloud, parts.ledger, parts.now)
    await people.make_administrator("root", is_administrator=True)
    root = await people.get("root")
    assert root is not None
    over = msgspec.structs.replace(root, until_utc_ms=1)
    with pytest.raises(RefusedError):
        await people.put("root", [ben(groups=()), over])
    assert await people.get("ben") is None
    with pytest.raises(RefusedError):
        await people.put("another", [over])  # nobody would be left to bring anybody back
    await people.make_administrator("another", is_administrator=True)
    await people.put("another", [over])
    assert not (await duties_of(parts.cloud, "root", parts.now)).is_administrator
    await people.make_administrator("root", is_administrator=True)
    assert (await duties_of(parts.cloud, "root", parts.now)).is_administrator
    await people.put("another", [msgspec.structs.replace(root, until_utc_ms=LATER)])
    await people.make_administrator("root", is_administrator=True)
    still = await people.get("root")
    assert still is not None
    assert still.until_utc_ms == LATER, "an end that is still to come stays"
