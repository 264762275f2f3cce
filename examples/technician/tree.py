"""The verbs on the accessibility tree: find, press, type, read, wait, dump. Runs under the system's Python."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pyatspi

# A node is pyatspi's own object, which has no type stubs.
Node = Any

LOOK_AGAIN_S = 0.05
# Deeper or larger than any window of ours: a program that answers with an endless tree ends the search.
MAX_DEPTH = 40
MAX_NODES = 5000
# AT-SPI has renamed some roles since Debian 12; one word here means all of its names.
ROLES = {
    "button": ("push button", "button", "toggle button"),
    "entry": ("text", "entry", "password text"),
    "label": ("label",),
    "window": ("frame", "window", "dialog", "alert"),
    "check": ("check box",),
    "radio": ("radio button",),
    "choice": ("combo box",),
    "row": ("list item", "table row", "table cell", "tree item"),
    "menu": ("menu item", "check menu item"),
}
# The first of these that a node has is what pressing it means.
PRESS_ACTIONS = ("press", "toggle", "click", "activate", "jump")


class NotThere(Exception):
    """What was looked for is not on the screen, or cannot do what was asked; the text says which."""


def applications() -> list[Node]:
    desktop = pyatspi.Registry.getDesktop(0)
    desktop.clear_cache()
    return [node for node in children(desktop) if node is not None]


def find(
    app: str,
    role: str = "",
    name: str = "",
    *,
    window: str = "",
    about: str = "",
    enabled: bool = False,
    timeout_s: float = 10.0,
) -> Node:
    """The first showing node of an application by role and by a regular expression for the whole name.

    `window` limits the search to windows of that name (an expression too), `about` to nodes of that description:
    of several buttons with one name it says which; `enabled` waits until it can be pressed. Raises NotThere
    after timeout_s.
    """
    until = time.monotonic() + timeout_s
    while True:
        found = search(app, role, name, window, about)
        if found is not None and (not enabled or has_state(found, pyatspi.STATE_ENABLED)):
            return found
        if time.monotonic() >= until:
            what = f"{role or 'node'} {name or '(any name)'}" + (f" in {window}" if window else "")
            what += f" about {about}" if about else ""
            state = "is disabled" if found is not None else "is not shown"
            raise NotThere(f"{what} of {app} {state} after {timeout_s} s")
        time.sleep(LOOK_AGAIN_S)


def wait_gone(
    app: str, role: str = "", name: str = "", *, window: str = "", about: str = "", timeout_s: float = 10.0
) -> None:
    """Returns once no such node is shown any more; raises NotThere if it still is after timeout_s."""
    until = time.monotonic() + timeout_s
    while search(app, role, name, window, about) is not None:
        if time.monotonic() >= until:
            raise NotThere(f"{role or 'node'} {name} of {app} is still shown after {timeout_s} s")
        time.sleep(LOOK_AGAIN_S)


def search(app: str, role: str, name: str, window: str, about: str = "") -> Node | None:
    """One look at the tree as it is now."""
    wanted = re.compile(name or ".*", re.DOTALL)
    roles = ROLES.get(role, (role,))
    for root in windows(app, window):
        # A table of samples has more cells than the rest of a window has nodes.
        for node, _ in walk(root, cells=role in ("", "row")):
            node_name, node_role = described(node)
            if (not role or node_role in roles) and wanted.fullmatch(node_name) and is_about(node, about):
                return node
    return None


def is_about(node: Node, about: str) -> bool:
    """Whether the node's description is as this expression says; any is, where there is none."""
    if not about:
        return True
    try:
        return re.fullmatch(about, node.description or "", re.DOTALL) is not None
    except Exception as error:
        if not is_vanished(error):
            raise
        return False


def windows(app: str, window: str = "") -> list[Node]:
    """The showing top-level windows of every application of that name, those that match `window` only."""
    wanted = re.compile(window or ".*", re.DOTALL)
    found = []
    for application in applications():
        if re.fullmatch(app, described(application)[0]) is None:
            continue
        application.clear_cache()
        found += [
            node
            for node in children(application)
            if has_state(node, pyatspi.STATE_SHOWING) and wanted.fullmatch(described(node)[0])
        ]
    return found


def walk(
    root: Node, depth: int = 0, budget: list[int] | None = None, *, cells: bool = True
) -> Iterator[tuple[Node, int]]:
    """A node and everything showing below it, in the order of the tree, each with its depth."""
    budget = [MAX_NODES] if budget is None else budget
    if depth > MAX_DEPTH or budget[0] <= 0:
        return
    budget[0] -= 1
    yield root, depth
    if not cells and described(root)[1] in ("table", "tree table"):
        return
    for child in children(root):
        if has_state(child, pyatspi.STATE_SHOWING):
            yield from walk(child, depth + 1, budget, cells=cells)


def children(node: Node) -> list[Node]:
    """Without those that vanish while they are listed."""
    found = []
    try:
        # The library keeps what it once saw and hears of changes through an event loop, which is not run here.
        node.clear_cache()
        for number in range(min(node.childCount, MAX_NODES)):
            child = node.getChildAtIndex(number)
            if child is not None:
                found.append(child)
    except Exception as error:
        if not is_vanished(error):
            raise
    return found


def described(node: Node) -> tuple[str, str]:
    """Name and role; empty for a node that is gone."""
    try:
        return node.name or "", node.getRoleName()
    except Exception as error:
        if not is_vanished(error):
            raise
        return "", ""


def has_state(node: Node, state: Any) -> bool:
    try:
        node.clear_cache()
        return bool(node.getState().contains(state))
    except Exception as error:
        if not is_vanished(error):
            raise
        return False


def is_vanished(error: Exception) -> bool:
    """True for the errors of D-Bus about an object or a program that has gone meanwhile."""
    return type(error).__name__ in ("GError", "Error", "LookupError", "RuntimeError")


def press(node: Node) -> None:
    """Performs the node's own action; no pointer and no key is involved. Raises NotThere if it has none."""
    try:
        action = node.queryAction()
        names = [action.getName(number).lower() for number in range(action.nActions)]
    except NotImplementedError:
        names = []
    for name in PRESS_ACTIONS:
        if name in names:
            action.doAction(names.index(name))
            return
    raise NotThere(f"{described(node)} cannot be pressed; it has the actions {names}")


def type_text(node: Node, text: str) -> None:
    """Replaces an entry's text. Raises NotThere for a node that cannot be edited."""
    try:
        done = node.queryEditableText().setTextContents(text)
    except NotImplementedError:
        done = False
    if not done:
        raise NotThere(f"{described(node)} cannot be typed into")


def choose(node: Node, name: str) -> None:
    """Selects the child of a list or choice whose whole name matches the expression."""
    for number, child in enumerate(children(node)):
        if re.fullmatch(name, described(child)[0]):
            node.querySelection().selectChild(number)
            return
    # A combo box keeps its items in a list below itself.
    for child in children(node):
        if children(child):
            choose(child, name)
            return
    raise NotThere(f"{described(node)} has no choice {name}")


def read(node: Node) -> str:
    """An entry's text; for everything else its name, which for a label is its text."""
    name, role = described(node)
    if role in ROLES["entry"]:
        try:
            return str(node.queryText().getText(0, -1))
        except NotImplementedError:
            pass
    return name


def dump(app: str) -> str:
    """What is showing of an application, for a person to read."""
    lines = []
    for root in windows(app):
        for node, depth in walk(root):
            name, role = described(node)
            off = "" if has_state(node, pyatspi.STATE_ENABLED) else "  (disabled)"
            lines.append(f"{'  ' * depth}{role}: {name!r}{off}")
    return "\n".join(lines)
