"""Each condition that an adapter tells of itself has its words in each language, and they name what it tells."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import benchside.notifier
from benchside.notifier.adapters import lads

FOLDER = Path(benchside.notifier.__file__).parent / "catalogue"
CODES = {
    "log_file": {
        "missing",
        "unreadable",
        "crowded",
        "rules_wrong",
        "rules_dead",
        "line_cut",
        "lines_lost",
        "rest_gone",
    },
    "line_link": {"not_connected", "no_traffic", "traffic_unknown", "table_unreadable"},
    "opcua_link": {
        "not_connected",
        "settings_wrong",
        "refused",
        "no_refresh",
        "too_many",
        "malformed",
        "rules_wrong",
    },
    "opcua_alarm": {"alarm"},
    "opcua_lads": {code for codes in lads._CODES.values() for code in codes.values()},
}


@pytest.mark.parametrize("name", CODES)
def test_words_for_each_code(name: str) -> None:
    found = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    assert found.pop("source") == name.replace("_", ".", 1)
    assert set(found) == CODES[name]
    for entry in found.values():
        for language in ("en", "es"):
            words = entry[language]
            assert set(words) == {"subject", "text", "advice"}
            assert all(0 < len(text) <= 200 for text in words.values())
            named = set(re.findall(r"\{(\w+)\}", " ".join(words.values())))
            assert named <= {"subject", *entry.get("values", ())}
