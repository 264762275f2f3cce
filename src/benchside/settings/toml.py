"""Reading one TOML file of settings, with one sentence for each mistake."""

from __future__ import annotations

import tomllib
from pathlib import Path

__all__ = ["SettingError", "SettingsTable", "read_toml"]

MAX_FILE_BYTES = 64 * 1024
"""A settings file is a page of text; anything longer is another file."""


class SettingError(Exception):
    """A mistake in a settings file, in words for the administrator who wrote it."""


class SettingsTable:
    """The values of one file; each is read once by name, and what was never read is refused."""

    def __init__(self, source: Path, values: dict[str, object], *, under: str = "") -> None:
        self._source = source
        self._values = values
        self._under = under
        self._read: set[str] = set()

    def path(self, name: str) -> Path | None:
        """Return a path, or None where the file does not say."""
        value = self._take(name)
        if value is None:
            return None
        if not isinstance(value, str) or not value:
            raise self._wrong(name, "a path in quotes")
        return Path(value)

    def whole(self, name: str, *, default: int, least: int, most: int) -> int:
        """Return a whole number within its range."""
        value = self._take(name)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self._wrong(name, f"a whole number from {least} to {most}")
        return value

    def words(self, name: str, *, most: int) -> tuple[str, ...]:
        """Return a list of texts, at most `most`."""
        value = self._take(name)
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > most or not all(isinstance(item, str) for item in value):
            raise self._wrong(name, f"a list of at most {most} texts")
        return tuple(str(item) for item in value)

    def text(self, name: str, *, default: str = "", most: int = 200) -> str:
        """Return one line of text."""
        value = self._take(name)
        if value is None:
            return default
        if not isinstance(value, str) or len(value) > most or "\n" in value:
            raise self._wrong(name, f"one line of at most {most} characters in quotes")
        return value

    def word(self, name: str, *, default: str, among: tuple[str, ...]) -> str:
        """Return one of a few words."""
        value = self._take(name)
        if value is None:
            return default
        if value not in among:
            raise self._wrong(name, f"one of {', '.join(among)} in quotes")
        return str(value)

    def table(self, name: str) -> SettingsTable:
        """Return the settings under [name]; an empty table where the file has none."""
        value = self._take(name)
        if value is not None and not isinstance(value, dict):
            raise self._wrong(name, f"a table: [{name}] on a line of its own")
        return SettingsTable(self._source, {} if value is None else value, under=f"{self._under}{name}.")

    def tables(self, name: str, *, most: int) -> tuple[SettingsTable, ...]:
        """Return the settings under each [[name]], at most `most`."""
        value = self._take(name)
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > most or not all(isinstance(item, dict) for item in value):
            raise self._wrong(name, f"at most {most} tables: [[{name}]] on a line of its own before each")
        return tuple(
            SettingsTable(self._source, item, under=f"{self._under}{name} {number}: ")
            for number, item in enumerate(value, 1)
        )

    def truth(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._take(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false, without quotes")
        return value

    def refuse_unknown(self) -> None:
        """Raise SettingError for a name that nothing reads: it is a slip of the pen, or meant for a newer version."""
        unknown = sorted(set(self._values) - self._read)
        if unknown:
            name = self._under + unknown[0]
            raise SettingError(f"{self._source}: no setting is called {name!r}; remove it or correct its name")

    def _take(self, name: str) -> object:
        self._read.add(name)
        return self._values.get(name)

    def _wrong(self, name: str, expected: str) -> SettingError:
        return SettingError(f"{self._source}: {self._under}{name} must be {expected}")


def read_toml(source: Path, *, must_exist: bool) -> SettingsTable:
    """Return the settings in `source`; without the file an empty table, unless it must exist."""
    try:
        data = source.read_bytes()
    except FileNotFoundError:
        if must_exist:
            raise SettingError(f"{source}: there is no such file; check the path") from None
        return SettingsTable(source, {})
    except OSError as error:
        raise SettingError(f"{source}: cannot be read ({error.strerror}); check its permissions") from error
    if len(data) > MAX_FILE_BYTES:
        raise SettingError(f"{source}: is larger than a settings file can be; check the path")
    try:
        return SettingsTable(source, tomllib.loads(data.decode()))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"{source}: is not a TOML file ({error})") from error
