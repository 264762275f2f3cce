"""The scripted technician's command line: `python3 examples/technician/technician.py VERB …`.

Exit codes: 0 done, 1 not there (one sentence on stderr), 2 wrong words.
With the verb `story` it reads one step per line from its input, as JSON, and answers each with a line:
    {"do": "press", "app": "Benchside", "role": "button", "name": "Request help", "timeout_s": 10}
    {"do": "press", "at": 1763885000.123, "took_s": 0.2, "ok": true, "text": ""}
A step that fails is answered with "ok": false and the sentence in "text"; the story goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, TextIO

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from examples.technician import tree

VERBS = ("press", "type", "choose", "read", "wait", "gone", "tree", "apps")
DEFAULT_TIMEOUT_S = 10.0
# A story comes from a program; a line longer than this is not a step.
MAX_STEP_CHARS = 64 * 1024


def perform(verb: str, step: dict[str, Any]) -> str:
    """Does one step and returns what it has to say. Raises tree.NotThere."""
    if verb == "apps":
        return "\n".join(tree.described(node)[0] for node in tree.applications())
    app = step.get("app") or ".*"
    if verb == "tree":
        return tree.dump(app)
    where = {"app": app, "role": step.get("role") or "", "name": step.get("name") or ""}
    window = step.get("window") or ""
    timeout_s = float(step.get("timeout_s") or DEFAULT_TIMEOUT_S)
    if verb == "gone":
        tree.wait_gone(**where, window=window, timeout_s=timeout_s)
        return ""
    enabled = verb in ("press", "type", "choose")
    node = tree.find(**where, window=window, enabled=enabled, timeout_s=timeout_s)
    if verb == "press":
        tree.press(node)
    elif verb == "type":
        tree.type_text(node, step.get("text") or "")
    elif verb == "choose":
        tree.choose(node, step.get("text") or "")
    return tree.read(node) if verb in ("read", "wait") else ""


def tell_story(steps: TextIO, out: TextIO) -> None:
    """Performs each line's step and answers it at once, until the input ends."""
    while line := steps.readline(MAX_STEP_CHARS):
        if not line.strip():
            continue
        began = time.monotonic()
        verb = ""
        try:
            step = json.loads(line)
            verb = step.get("do", "")
            if verb not in VERBS:
                raise ValueError(f"no verb {verb!r}; there are {', '.join(VERBS)}")
            ok, text = True, perform(verb, step)
        except (tree.NotThere, ValueError, AttributeError) as error:
            ok, text = False, str(error)
        except Exception as error:
            # A program that ends in the middle of a step is part of the stories.
            if not tree.is_vanished(error):
                raise
            ok, text = False, f"the program went away: {error}"
        took_s = round(time.monotonic() - began, 3)
        answer = {"do": verb, "at": round(time.time(), 3), "took_s": took_s, "ok": ok, "text": text}
        print(json.dumps(answer), file=out, flush=True)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="technician", description="works on the accessibility tree")
    verbs = parser.add_subparsers(dest="do", required=True)
    for verb in VERBS:
        words = verbs.add_parser(verb)
        words.add_argument("--app", help="the application's name, a regular expression for all of it")
        words.add_argument("--role", help=f"a role of AT-SPI, or one of: {', '.join(tree.ROLES)}")
        words.add_argument("--name", help="the accessible name, a regular expression for all of it")
        words.add_argument("--window", help="only in windows of this name")
        words.add_argument("--timeout-s", type=float, default=DEFAULT_TIMEOUT_S)
        if verb in ("type", "choose"):
            words.add_argument("text")
    verbs.add_parser("story")
    chosen = vars(parser.parse_args(argv))
    if chosen["do"] == "story":
        tell_story(sys.stdin, sys.stdout)
        return 0
    try:
        said = perform(chosen["do"], chosen)
    except tree.NotThere as error:
        print(error, file=sys.stderr)
        return 1
    if said:
        print(said)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
