"""The settings of all host checks, `[checks.NAME]` of notifier.toml, each value with its range and its reason."""

from __future__ import annotations

import sys
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

__all__ = ["CHECKS", "CheckSettings", "ChecksSettings"]

Percent = Annotated[int, Meta(ge=0, le=100)]
Days = Annotated[int, Meta(ge=0, le=365)]
Seconds = Annotated[int, Meta(ge=10, le=86_400)]
ProgramName = Annotated[str, Meta(min_length=1, max_length=80, pattern="^[^/\\\\\0-\x1f]+\\Z")]
ServiceName = Annotated[str, Meta(min_length=1, max_length=80, pattern="^[A-Za-z0-9_][A-Za-z0-9 ._:@\\\\-]*\\Z")]
Url = Annotated[str, Meta(max_length=300, pattern="^wss?://[^/@\\s]+(/[!-~]*)?\\Z")]
RuleLine = Annotated[str, Meta(min_length=1, max_length=300)]
FilePath = Annotated[str, Meta(min_length=1, max_length=260)]


class CheckSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every check has.  `within_s`: how long one look may take; a look that hangs costs the worker its life."""

    within_s: ClassVar[int] = 5
    on: bool = True
    """Whether it is looked at."""
    every_s: Seconds = 300
    """Between two looks."""


class DiskSettings(CheckSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Free space of fixed drives, and when they will be full."""

    # one look an hour waits until what is kept of the trend is safe on a disk that may be busy
    within_s: ClassVar[int] = 20
    low_percent: Percent = 10
    """Almost full below so much free space."""
    clear_percent: Percent = 12
    """And no longer from so much on."""
    enough_gb: Annotated[int, Meta(ge=1, le=10_000)] = 50
    """A drive with so much free is not almost full, whatever its percentage: runs are some gigabytes."""
    serious_percent: Percent = 3
    """Below this it is serious."""
    full_within_days: Days = 7
    """Said beforehand when, at the pace of the last days, it will be full within so many days; 0: never."""


class MemorySettings(CheckSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Memory that programs can still get."""

    every_s: Seconds = 60
    """Between two looks."""
    low_percent: Percent = 8
    """Short below so much of the whole."""
    clear_percent: Percent = 12
    """And no longer from so much on."""


class ProgramSettings(CheckSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """CPU and memory of the instrument's own programs."""

    every_s: Seconds = 30
    """Between two looks; the CPU is the mean between them."""
    names: Annotated[tuple[ProgramName, ...], Meta(max_length=8)] = ()
    """Which programs, as the task list names them; none: nothing is looked at."""
    cpu_percent: Annotated[int, Meta(ge=1, le=100)] = 80
    """Busy from so much of the whole machine on."""
    cpu_clear_percent: Percent = 70
    """And no longer below this."""
    memory_percent: Annotated[int, Meta(ge=1, le=100)] = 60
    """Large from so much of the machine's memory on."""
    memory_clear_percent: Percent = 50
    """And no longer below this."""


class RunningSettings(CheckSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Programs and services that must run."""

    within_s: ClassVar[int] = 15
    every_s: Seconds = 60
    """Between two looks."""
    programs: Annotated[tuple[ProgramName, ...], Meta(max_length=16)] = ()
    """Programs, as the task list names them."""
    services: Annotated[tuple[ServiceName, ...], Meta(max_length=16)] = ()
    """Services: units of systemd, or Windows' short names."""


class TimeSettings(CheckSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the clock follows another, and how far it is off."""

    within_s: ClassVar[int] = 15
    every_s: Annotated[int, Meta(ge=60, le=86_400)] = 900
    """Between two looks."""
    off_s: Annotated[int, Meta(ge=1, le=3600)] = 30
    """Wrong from so many seconds on: results are stamped with it, and certificates judged by it."""
    clear_s: Annotated[int, Meta(ge=0, le=3600)] = 10
    """And right again below this."""


class CertificateSettings(CheckSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When certificates run out: named files, and on Windows the machine's own store."""

    every_s: Annotated[int, Meta(ge=300, le=86_400)] = 43_200
    """Between two looks."""
    files: Annotated[tuple[FilePath, ...], Meta(max_length=16)] = ()
    """PEM or DER files; of a chain the first to run out counts.  `Web server = /etc/web/cert.pem` gives one a name."""
    store: bool = True
    """Whether the machine's own store is looked at; Windows only, without effect on Linux."""
    before_days: Days = 30
    """Said so many days before; a new one takes a hospital weeks."""


class EndpointSettings(CheckSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the servers that this PC needs can be reached, and if not at which stage it fails."""

    within_s: ClassVar[int] = 120
    every_s: Annotated[int, Meta(ge=300, le=86_400)] = 1800
    """Between two looks; each starts a program of its own for some seconds."""
    urls: Annotated[tuple[Url, ...], Meta(max_length=4)] = ()
    """wss:// addresses; none: nothing is looked at."""
    proxy: Annotated[str, Meta(max_length=300)] = "system"
    """The way out, as agent.toml has it; one that asks for a password is said to stop us there."""
    ca_file: Annotated[str, Meta(max_length=260)] = ""
    """Certificate authorities to trust besides the system's, PEM."""
    tries: Annotated[int, Meta(ge=1, le=10)] = 2
    """Said after so many looks in a row that failed."""


class RestartSettings(CheckSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether an update waits for a restart."""

    every_s: Annotated[int, Meta(ge=60, le=86_400)] = 1800
    """Between two looks."""


class SystemSettings(CheckSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the operating system gets no more security updates."""

    every_s: Annotated[int, Meta(ge=3600, le=86_400)] = 43_200
    """Between two looks."""
    before_days: Days = 180
    """Said so many days before; a validated PC is not replaced in a month."""


class AntivirusSettings(CheckSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the protection against viruses is on and fresh, as far as the system tells."""

    within_s: ClassVar[int] = 10
    every_s: Annotated[int, Meta(ge=60, le=86_400)] = 1800
    """Between two looks."""
    old_days: Annotated[int, Meta(ge=1, le=90)] = 7
    """Signatures are old after so many days."""


class WriteFilterSettings(CheckSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a write filter forgets what Benchside must keep: keys and journals."""

    within_s: ClassVar[int] = 20
    every_s: Annotated[int, Meta(ge=300, le=86_400)] = 21_600
    """Between two looks; the first is at the start."""
    folders: Annotated[tuple[FilePath, ...], Meta(max_length=8)] = ()
    """Folders that must outlive a restart; none: those of agent and notifier."""


class EventLogSettings(CheckSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Windows' event log: errors of disks, file systems, hardware and services, and rules of your own."""

    within_s: ClassVar[int] = 30
    every_s: Annotated[int, Meta(ge=30, le=86_400)] = 120
    """Between two looks."""
    rules: Annotated[tuple[RuleLine, ...], Meta(max_length=32)] = ()
    """Besides the built-in ones: `name=NAME provider=PROVIDER events=7,51 level=2`."""


class JournalSettings(CheckSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Linux' journal: errors of disks, file systems, hardware and services, and rules of your own."""

    within_s: ClassVar[int] = 30
    every_s: Annotated[int, Meta(ge=30, le=86_400)] = 120
    """Between two looks."""
    rules: Annotated[tuple[RuleLine, ...], Meta(max_length=32)] = ()
    """Besides the built-in ones: `name=NAME unit=UNIT priority=3 contains="TEXT"`."""


class ConfigurationSettings(CheckSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the PC must be set up for its instrument; what is not set is not looked at."""

    every_s: Annotated[int, Meta(ge=300, le=86_400)] = 3600
    """Between two looks."""
    computer_name: Annotated[str, Meta(max_length=80)] = ""
    """A pattern that the computer's name must fit, as `LAB-*`; case does not matter."""
    never_sleeps: bool = False
    """Whether the PC must never sleep by itself: a run in the night would stop."""
    no_screen_saver: bool = False
    """Whether no screen saver may come; Windows only, without effect on Linux."""


class StorageSettings(CheckSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Drives that became read-only."""

    every_s: Annotated[int, Meta(ge=60, le=86_400)] = 1800
    """Between two looks."""


class SmartSettings(CheckSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What disks say of their own health, by smartctl; on Linux only when it is switched on."""

    within_s: ClassVar[int] = 60
    # the unit of Linux keeps disks away from the notifier (PrivateDevices=yes, no CAP_SYS_RAWIO)
    on: bool = sys.platform == "win32"
    """Whether it is looked at: on Windows unless switched off, on Linux only when switched on."""
    every_s: Annotated[int, Meta(ge=60, le=86_400)] = 1800
    """Between two looks."""


class ChecksSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every check by its name."""

    disk: DiskSettings = DiskSettings()
    memory: MemorySettings = MemorySettings()
    program: ProgramSettings = ProgramSettings()
    running: RunningSettings = RunningSettings()
    time: TimeSettings = TimeSettings()
    certificate: CertificateSettings = CertificateSettings()
    endpoint: EndpointSettings = EndpointSettings()
    restart: RestartSettings = RestartSettings()
    system: SystemSettings = SystemSettings()
    antivirus: AntivirusSettings = AntivirusSettings()
    write_filter: WriteFilterSettings = WriteFilterSettings()
    event_log: EventLogSettings = EventLogSettings()
    journal: JournalSettings = JournalSettings()
    config: ConfigurationSettings = ConfigurationSettings()
    storage: StorageSettings = StorageSettings()
    smart: SmartSettings = SmartSettings()


CHECKS = ChecksSettings.__struct_fields__
"""The names of all checks."""
