"""People read texts from catalogues, complete in English and Spanish, and never literals in the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from tests.layout.sources import CONSOLE, PRODUCT, ROOT, calls, console_files, files, place, strings

LANGUAGES = ("en", "es")
# Programs that people look at. The server's own answers to browsers are texts of the console.
WITH_WINDOWS = ("desk", "installer", "notifier")
SHOWN_BY = {
    "setText", "setTitle", "setWindowTitle", "setToolTip", "setStatusTip", "setWhatsThis", "setPlaceholderText",
    "setAccessibleName", "setAccessibleDescription", "setInformativeText", "setDetailedText", "showMessage",
    "setHtml", "setPlainText", "appendPlainText", "addAction", "addMenu", "addTab", "addRow", "addItem", "addItems",
    "insertItem", "setLabelText", "setItemText", "setHeaderLabels",
    "QLabel", "QPushButton", "QToolButton", "QCheckBox", "QRadioButton", "QGroupBox", "QAction", "QMenu", "QMessageBox",
    "information", "warning", "question", "critical",
}  # fmt: skip
LOGGERS = {"log", "logger", "_log", "_logger", "LOG", "logging"}
LETTERS = re.compile(r"[^\W\d_]{2,}")
# A place in a text: {name}, never by position, since languages order words differently.
PLACE = re.compile(r"\{([^{}]*)\}")
MESSAGE_ID = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_]+)+")


def catalogue_folders() -> list[Path]:
    return sorted({path.parent for path in [*files(PRODUCT, ".po"), *files(CONSOLE, ".po")]})


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


@pytest.fixture(params=catalogue_folders(), ids=lambda path: path.relative_to(ROOT).as_posix())
def pair(request: pytest.FixtureRequest) -> dict[str, dict[str, str]]:
    """The two catalogues of one program: id to text."""
    folder: Path = request.param
    return {
        language: {str(m.id): str(m.string) for m in read(folder / f"{language}.po") if m.id} for language in LANGUAGES
    }


def test_catalogues_have_the_same_ids(pair: dict[str, dict[str, str]]) -> None:
    english, spanish = (set(pair[language]) for language in LANGUAGES)
    assert english == spanish, f"in one only: {sorted(english ^ spanish)}"


def test_ids_are_symbolic(pair: dict[str, dict[str, str]]) -> None:
    """An id that is the English text changes with it, and then every translation is lost."""
    bad = [name for name in pair["en"] if not MESSAGE_ID.fullmatch(name)]
    assert not bad, bad


def test_every_text_is_there(pair: dict[str, dict[str, str]]) -> None:
    bad = [f"{language}: {name}" for language in LANGUAGES for name, text in pair[language].items() if not text.strip()]
    assert not bad, bad


def test_places_in_texts_agree(pair: dict[str, dict[str, str]]) -> None:
    bad = []
    for name, text in pair["en"].items():
        english, spanish = set(PLACE.findall(text)), set(PLACE.findall(pair["es"].get(name, "")))
        if english != spanish or any(not found.isidentifier() for found in english):
            bad.append(f"{name}: {sorted(english)} and {sorted(spanish)}")
    assert not bad, bad


def test_no_text_waits_for_a_translator(pair: dict[str, dict[str, str]]) -> None:
    """A longer text that is the same in both languages was copied and not translated."""
    bad = [
        name
        for name, text in pair["en"].items()
        if len(PLACE.sub("", text).split()) > 3 and text == pair["es"].get(name)
    ]
    assert not bad, bad


def test_windows_show_no_literal() -> None:
    bad = []
    for program in WITH_WINDOWS:
        for path in files(PRODUCT / program, ".py"):
            for called, call in calls(path):
                owner = getattr(getattr(call.func, "value", None), "id", "")
                if called not in SHOWN_BY or owner in LOGGERS:
                    continue
                for argument in [*call.args, *(k.value for k in call.keywords if k.arg in ("text", "title"))]:
                    bad += [f"{place(path, call)} {text!r}" for text in strings(argument) if LETTERS.search(text)]
    assert not bad, ", ".join(bad)


# What a Svelte file shows is between tags, outside of {expressions}, or in these attributes.
SHOWN_ATTRIBUTE = re.compile(r"\b(title|placeholder|alt|aria-label|aria-description|label)=\"([^\"{]*)\"")
SHOWN_IN_CODE = re.compile(r"\.(?:textContent|innerText|title|ariaLabel)\s*=\s*([\"'`].*)")
OWN_WINDOWS = re.compile(r"\bwindow\.(alert|confirm|prompt)\(")
# A product's name is the same in every language.
NAME = "Benchside"


def shown_text(svelte: str) -> str:
    """The text nodes of a Svelte file."""
    text = re.sub(r"<(script|style)\b.*?</\1>|<!--.*?-->", "", svelte, flags=re.DOTALL)
    text = without_expressions(text)
    # In a tag, a quoted value may hold a ">".
    return re.sub(r"<[a-zA-Z/](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", "\n", text)


def without_expressions(text: str) -> str:
    """Drops everything inside braces, which nest."""
    kept, depth = [], 0
    for letter in text:
        if letter == "{":
            depth += 1
        elif letter == "}" and depth:
            depth -= 1
        elif not depth:
            kept.append(letter)
    return "".join(kept)


def has_words(text: str) -> bool:
    return LETTERS.search(text.replace(NAME, "")) is not None


def code_text(source: str) -> list[str]:
    """The literal parts of what a script puts where people read it."""
    return [without_expressions(right.replace("${", "{")) for right in SHOWN_IN_CODE.findall(source)]


def test_pages_show_no_literal() -> None:
    bad = []
    for path in console_files():
        source = path.read_text()
        shown = [text for _, text in SHOWN_ATTRIBUTE.findall(source)] + code_text(source)
        if path.suffix == ".svelte":
            shown += shown_text(source).splitlines()
        bad += [f"{place(path)} {text.strip()!r}" for text in shown if has_words(text)]
        bad += [f"{place(path)} {found[0]!r}" for found in OWN_WINDOWS.finditer(source)]
    assert not bad, ", ".join(bad)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("document.title = `${n ? `(${n}) ` : ''}${t(`title.${id}`)} – Benchside`;", False),
        ("document.title = 'Requests';", True),
        ("cell.textContent = text;", False),
        ("cell.textContent = `No ${what}`;", True),
    ],
)
def test_the_rule_on_scripts_finds_literals_only(source: str, found: bool) -> None:
    assert any(has_words(text) for text in code_text(source)) is found


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ('<p class="a>b">{t("queue.empty")}</p>', ""),
        ("<p>No requests</p>", "No requests"),
        ("{#if a}<b>{`x ${y}`}</b>{:else}off{/if}", "off"),
        ("<script>const a = 'text';</script><style>p { color: red }</style>", ""),
        ("<button onclick={() => go({ a: 1 })}>{label}</button>", ""),
    ],
)
def test_the_rule_on_pages_finds_text_only(source: str, shown: str) -> None:
    assert shown_text(source).strip() == shown
