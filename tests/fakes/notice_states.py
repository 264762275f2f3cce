"""Messages of a notifier: one of everything that the desk can show."""

from __future__ import annotations

from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey, ConditionState, Severity
from benchside.protocol.wire.notice import HistoryOfConditions, NoticeShown, NoticesShown, PopUp, WatchShown

UTC_MS = 1_790_000_000_000
DISK = ConditionKey("pc.disk", "C:", "space_low")
DOOR = ConditionKey("opcua.analyser", "Loader", "door_open")
LIS = ConditionKey("line.lis", "LIS", "not_connected")
NEWS = ConditionKey("vendor", "0f3a", "advisory")
WELL = (
    WatchShown(name="checks", is_well=True, seen_ago_s=2),
    WatchShown(name="opcua.analyser", is_well=True, seen_ago_s=1),
)
BLIND = (WELL[0], WatchShown(name="opcua.analyser", is_well=False, seen_ago_s=400))


def notice(
    key: ConditionKey, severity: Severity, text: str, advice: str = "", *, subject: str, **state: object
) -> NoticeShown:
    """A condition with its words."""
    given: dict[str, object] = {"is_active": True, "since_utc_ms": UTC_MS, "changed_utc_ms": UTC_MS, "sequence": 7}
    given |= {"texts": {"en": text, "es": text}, **state}
    return NoticeShown(
        state=ConditionState(key=key, severity=severity, **given),  # type: ignore[arg-type]  # a test's own fields
        text=text,
        advice=advice,
        subject=subject,
    )


DOOR_OPEN = notice(
    DOOR, Severity.CRITICAL, "The door of the loader is open while samples are on board.",
    "Close the door. If it does not lock, do not start another run and request help.", subject="Loader",
)  # fmt: skip
DISK_LOW = notice(
    DISK, Severity.WARNING, "Drive C: is almost full: 3 GB are left.",
    "Delete or move files that are no longer needed, or call your IT.", subject="Drive C:", count=14,
    values={"free_gb": 3, "drive": "C:"},
)  # fmt: skip
LIS_AWAY = notice(
    LIS, Severity.SERIOUS, "The laboratory information system is not connected.", "Call your IT.", subject="LIS",
    is_acknowledged=True, acknowledged_by="Mara Vidal", shelved_until_utc_ms=UTC_MS + 3_600_000,
    shelved_by="Mara Vidal",
    shelved_why="maintenance until noon",
)  # fmt: skip
LATCHED = notice(
    ConditionKey("opcua.analyser", "Laser", "too_warm"), Severity.SERIOUS, "The laser was too warm.", "",
    subject="Laser", is_active=False, is_latched=True,
)  # fmt: skip
NEWS_SHOWN = notice(
    NEWS,
    Severity.INFO,
    "Reagent lot 2214 has a new insert. Read it before the next calibration.",
    "",
    subject="Corvane Diagnostics",
)

PAST = HistoryOfConditions(
    changes=tuple(
        ConditionChange(
            sequence=30 - n, kind=kind, at_utc_ms=UTC_MS - n * 60_000, key=DISK,
            texts={"en": "Drive C: is almost full: 3 GB are left."},
            by="Mara Vidal", count=4, why="maintenance" if kind is ChangeKind.SHELVED else None, head=bytes(32),
        )
        for n, kind in enumerate(ChangeKind)
    ),
    more=True,
    intact=True,
)  # fmt: skip


def all_shown() -> dict[str, NoticesShown]:
    """What the page can show, by name."""
    return {
        "nothing": NoticesShown(notices=(), watches=WELL),
        "blind": NoticesShown(notices=(), watches=BLIND),
        "one": NoticesShown(notices=(DOOR_OPEN,), watches=WELL),
        "many": NoticesShown(
            notices=(DOOR_OPEN, LATCHED, LIS_AWAY, DISK_LOW, NEWS_SHOWN), beyond=3, watches=WELL, unsent=12
        ),
        "known": NoticesShown(notices=(LIS_AWAY,), watches=WELL),
        "broken": NoticesShown(notices=(DISK_LOW,), watches=WELL, intact=False),
    }


ONE_POP_UP = PopUp(number=1, severity=Severity.CRITICAL, notices=(DOOR_OPEN,))
MANY_POP_UP = PopUp(number=2, severity=Severity.SERIOUS, notices=(LATCHED, DISK_LOW), more=4)
