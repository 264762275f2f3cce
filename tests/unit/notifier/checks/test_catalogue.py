"""The catalogue of host checks: every code that a check can say, in both languages, with its values and no more."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from benchside.notifier import checks
from benchside.notifier.checks.worker import CONDITIONS
from benchside.protocol.wire.condition import Severity

CODE = Path(checks.__file__).parent
FILES = sorted((CODE.parent / "catalogue").glob("pc_*.toml"))
OURS = {f"pc.{path.stem}" for path in CODE.glob("*.py")} | {"pc.events"}
PLACE = re.compile(r"\{([^{}]*)\}")


def catalogue() -> dict[tuple[str, str], dict[str, Any]]:
    found = {}
    for path in FILES:
        read = tomllib.loads(path.read_text("utf-8"))
        source = read.pop("source")
        if source in OURS:
            found |= {(source, code): entry for code, entry in read.items()}
    return found


def said() -> dict[tuple[str, str], set[str]]:
    """What the code says: source, code and the names of values, from calls of `answer` and `happened`."""
    found: dict[tuple[str, str], set[str]] = {}
    for path in CODE.glob("*.py"):
        tree = ast.parse(path.read_text())
        constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or getattr(call.func, "id", "") not in ("answer", "happened"):
                continue
            first, code = call.args[0], call.args[2]
            source = constants[first.id] if isinstance(first, ast.Name) else getattr(first, "value", None)
            if isinstance(code, ast.Constant):
                found.setdefault((str(source), str(code.value)), set())
    for rules in ("journal.py", "event_log.py", "rules.py"):
        for call in ast.walk(ast.parse((CODE / rules).read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "LogRule":
                assert isinstance(call.args[0], ast.Constant)
                found[("pc.events", str(call.args[0].value))] = set()
    return found


def test_code_and_catalogue_have_the_same_codes() -> None:
    assert said().keys() == catalogue().keys()


def test_each_that_can_be_on_and_off_belongs_to_one_check() -> None:
    """What no check owns would never be taken back when its check is switched off."""
    owned = [(source, code) for source, codes in CONDITIONS.values() for code in codes]
    assert len(owned) == len(set(owned))
    assert set(owned) == {key for key in catalogue() if key[0] != "pc.events"}


@pytest.mark.parametrize(("key", "entry"), catalogue().items(), ids=lambda value: str(value)[:40])
def test_each_has_both_languages_and_names_only_its_values(key: tuple[str, str], entry: dict[str, Any]) -> None:
    assert set(entry) == {"severity", "latched", "on_after_s", "off_after_s", "values", "en", "es"}
    assert entry["severity"] in set(Severity)
    places = []
    for language in ("en", "es"):
        words = {part: text for part, text in entry[language].items() if part != "said"}
        assert set(words) == {"subject", "text", "advice"}
        assert all(0 < len(text) <= 300 for text in words.values())
        assert words["text"][-1] == words["advice"][-1] == "."
        places.append({name: set(PLACE.findall(text)) for name, text in words.items()})
        assert set(PLACE.findall(words["text"])) <= {"subject", *entry["values"]}
    assert places[0] == places[1]
