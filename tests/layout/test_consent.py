"""Nobody but a person at the PC answers a prompt or sees the code: no flag, variable, setting or shortcut does.

What the machines of consent allow is proved by their own tests; here it is proved that nothing else in the
product can play the technician: where an answer is made, who may ask for one to be made, what a command
line, an environment or a settings file may say, and who gets to see the code.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from tests.layout.sources import PRODUCT, calls, files, nodes, place, product_files, room, strings

# An answer goes one way: a view (a person's press) -> the desk's operation -> the agent -> the host.
MAY_MAKE = {
    "AnswerPrompt": ("desk/operations/", "an answer is made by the desk only, on its user's press"),
    "PromptAnswered": ("agent/", "the agent passes on what the desk answered"),
    "CodeShown": ("agent/", "the agent hands the code to the desk and to nobody else"),
}
MAY_MENTION = {
    **{name: (where,) for name, (where, _) in MAY_MAKE.items()},
    "AnswerPrompt": ("desk/operations/", "agent/", "protocol/"),
    "PromptAnswered": ("agent/", "host/", "protocol/"),
    "CodeShown": ("agent/", "desk/models/", "desk/operations/", "protocol/"),
}
# Calling the desk's operation is a person's press, so only what a person can press may do it.
ANSWERING = "answer_prompt"
ANSWERING_PLACES = ("desk/operations/conversation.py", "desk/views/")
# Ways by which a program can press its own buttons.
SELF_PRESSES = {"click", "animateClick", "toggle", "postEvent", "sendEvent", "mouseClick", "keyClick", "trigger"}
# Words that an option, variable or setting would need in its name to let a machine say yes or see the code.
PLAYS_TECHNICIAN = re.compile(
    r"(^|[-_])(auto|accept|allow|approve|answer|assume|consent|grant|yes|unattended|no[-_]?prompt|skip[-_]?prompt|"
    r"insecure|(print|show|log|dump|write|fixed|test)[-_]?code|code|password|passcode|backdoor|force[-_]?session)"
    r"([-_]|$)",
    re.IGNORECASE,
)
# Names that match and are harmless, each with its reason. An entry is a decision: it is reviewed as one.
HARMLESS = {
    "grant_s": "how long a grant lasts that a person has given; its limits are in the same file",
    "proxy_password_file": "for the hospital's proxy; it is nothing that a server, an associate or a person takes",
    "smtp_password_file": "for the operator's mail server; it is nothing that a person or an associate gives to us",
    "accept-terms": "records, long before any session, who accepted which text of the terms; answers no prompt",
}


@pytest.mark.parametrize("name", sorted(MAY_MAKE))
def test_answers_and_codes_are_made_in_one_place(name: str) -> None:
    where, reason = MAY_MAKE[name]
    bad = [
        place(path, call)
        for path in product_files()
        for called, call in calls(path)
        if called == name and not room(path).startswith(where)
    ]
    assert not bad, f"{reason}; not in {', '.join(bad)}"


@pytest.mark.parametrize("name", sorted(MAY_MENTION))
def test_answers_and_codes_are_known_to_few(name: str) -> None:
    bad = [
        place(path, node)
        for path in product_files()
        for node in nodes(path)
        if name in (getattr(node, "name", ""), getattr(node, "attr", ""))
        and isinstance(node, ast.alias | ast.Attribute)
        and not room(path).startswith(MAY_MENTION[name])
    ]
    assert not bad, ", ".join(bad)


def test_no_answer_is_written_into_the_program() -> None:
    """`allow=True` stands nowhere but in the handler of a person's press; in the machines yes is a value."""
    bad = []
    for path in product_files():
        for called, call in calls(path):
            if called not in MAY_MAKE:
                continue
            for keyword in call.keywords:
                fixed = isinstance(keyword.value, ast.Constant) and keyword.value.value is True
                if keyword.arg == "allow" and fixed:
                    bad.append(place(path, call))
    assert not bad, ", ".join(bad)


def test_only_views_ask_the_desk_to_answer() -> None:
    bad = [
        place(path, node)
        for path in product_files()
        for node in nodes(path)
        if (isinstance(node, ast.Attribute) and node.attr == ANSWERING)
        or (isinstance(node, ast.Constant) and node.value == ANSWERING)
        if not room(path).startswith(ANSWERING_PLACES)
    ]
    assert not bad, ", ".join(bad)


def pressed_by_key(path: Path) -> set[ast.AST]:
    """Calls of `self.click()` in a widget's own keyPressEvent: there a person's key has asked for it."""
    return {
        call
        for method in nodes(path)
        if isinstance(method, ast.FunctionDef) and method.name == "keyPressEvent"
        for call in ast.walk(method)
        if isinstance(call, ast.Call) and ast.unparse(call) == "self.click()"
    }


def test_desk_presses_none_of_its_own_buttons() -> None:
    """A button that the program presses is a flag by another name."""
    bad = []
    for path in files(PRODUCT / "desk", ".py"):
        fine = pressed_by_key(path)
        bad += [
            f"{place(path, call)} {name}" for name, call in calls(path) if name in SELF_PRESSES and call not in fine
        ]
        bad += [place(path, n) for n in nodes(path) if isinstance(n, ast.alias) and "QtTest" in n.name]
        bad += [place(path, n) for n in nodes(path) if isinstance(n, ast.ImportFrom) and "QtTest" in (n.module or "")]
    assert not bad, ", ".join(bad)


def options(path: Path) -> list[tuple[str, ast.Call]]:
    """Every name that an argparse option or sub-command of this module has."""
    return [
        (text, call)
        for called, call in calls(path)
        if called in ("add_argument", "add_parser")
        for argument in call.args
        for text in strings(argument)
    ]


def setting_fields(path: Path) -> list[tuple[str, ast.AST]]:
    """Every field of a settings module: command lines and files are made from them."""
    return [
        (node.target.id, node)
        for node in nodes(path)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    ]


def variables(path: Path) -> list[tuple[str, ast.AST]]:
    """Every name of an environment variable that stands in a module."""
    return [
        (node.value, node)
        for node in nodes(path)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"BENCHSIDE_[A-Z_]+", node.value)
    ]


def test_no_flag_variable_or_setting_plays_the_technician() -> None:
    bad = []
    for path in product_files():
        names: list[tuple[str, ast.AST]] = [*options(path), *variables(path)]
        if path.name == "settings.py" or room(path).startswith("settings/"):
            names += setting_fields(path)
        bad += [
            f"{place(path, node)} {name}"
            for name, node in names
            if PLAYS_TECHNICIAN.search(name) and name not in HARMLESS
        ]
    assert not bad, ", ".join(bad)


@pytest.mark.parametrize(
    "name", ["--auto-accept", "--yes", "--print-code", "code", "BENCHSIDE_ALLOW_ALL", "unattended", "test_code"]
)
def test_the_rule_on_names_finds_what_it_is_for(name: str) -> None:
    assert PLAYS_TECHNICIAN.search(name)


@pytest.mark.parametrize("name", ["--host", "--region", "encode", "database", "--listen", "barcode", "--codec"])
def test_the_rule_on_names_lets_ordinary_ones_pass(name: str) -> None:
    assert not PLAYS_TECHNICIAN.search(name)


def test_programs_of_a_session_print_nothing() -> None:
    """Agent, host and desk have nobody at their standard output; what they would print there is a leak."""
    bad = [
        place(path, call)
        for name in ("agent", "host", "desk", "protocol", "media")
        for path in files(PRODUCT / name, ".py")
        if path.name != "app.py"
        for called, call in calls(path)
        if called == "print"
    ]
    assert not bad, ", ".join(bad)
