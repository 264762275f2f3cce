"""What a technician does at the desk's window, verb by verb: `python3 examples/technician/desk.py VERB …`.

Works on the accessibility tree alone, as a screen reader does, under the system's Python (python3-pyatspi).
Every verb answers with one line of JSON. Exit codes: 0 done, 1 not there (one sentence on stderr), 2 wrong words.

    request --name "Maria Soto" --reason "Error 41"   asks for help and reads the code
    open-pop-up WORDS                                  waits for the card that says them, and opens the notices from it
    read-notice WORDS                                  waits for the notice that says them; reads its card
    request-about WORDS --name "Maria Soto"            presses "Request help with this" there, and reads the code
    see-over WORDS --name "Maria Soto"                 waits until that notice says that it is over; "I have seen it"
    read-code                                          {"do": "read-code", "code": "7K3M9QBV2XH4*", …}
    read-prompt                                        who asks for what; waits for it
    allow view | control | extend | still-there        reads the prompt, and presses Allow if it is that one
    deny                                               presses Don't allow
    pause, resume, stop, cancel, new-code
    revoke view | control                              takes one permission back
    wait-state STATE                                   until the window says so: see STATES
    tell --name … --reason … [--stop-after-s S]        the whole story: request, allow view, allow control, stop
"""

from __future__ import annotations

import argparse
import gettext
import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from examples.technician import tree

APP = "Benchside"
LOCALE = Path(__file__).resolve().parents[2] / "src" / "benchside" / "desk" / "locale"
DEFAULT_TIMEOUT_S = 30.0
# A prompt ignores its first 700 ms; a person reads who asks for longer than that.
READING_S = 1.0
ASKS = ("view", "control", "files", "clipboard", "chat")
# State: the text that says so, and its role.
STATES = {
    "ready": "glance.ready",
    "offline": "glance.offline",
    "away": "glance.away",
    "missing": "glance.missing",
    "waiting": "waiting.title",
    "connected": "session.title",
    "viewed": "indicator.view",
    "controlled": "indicator.control",
    "paused": "indicator.paused",
    "over": "over.title",
    "closed": "over.title.request",
}


class DeskWindow:
    """The window in one language; names come from the product's own catalogue."""

    def __init__(self, language: str, timeout_s: float) -> None:
        with (LOCALE / f"{language}.mo").open("rb") as file:
            self._catalogue = gettext.GNUTranslations(file)
        self._timeout_s = timeout_s

    def name(self, message_id: str) -> str:
        """The text as an expression for the whole of an accessible name; its places match anything."""
        text = self._catalogue.gettext(message_id)
        return re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(text))

    def press(self, message_id: str, *, window: str = "") -> None:
        name = self.name(message_id)
        tree.press(tree.find(APP, "button", name, window=window, enabled=True, timeout_s=self._timeout_s))

    def type_text(self, message_id: str, text: str) -> None:
        node = tree.find(APP, "entry", self.name(message_id), enabled=True, timeout_s=self._timeout_s)
        tree.type_text(node, text)

    def read(self, message_id: str) -> dict[str, str]:
        """Waits for a text to be shown and returns what stands in its places."""
        name = self.name(message_id)
        found = re.fullmatch(name, tree.described(tree.find(APP, "", name, timeout_s=self._timeout_s))[0], re.DOTALL)
        return found.groupdict() if found else {}

    def prompt(self) -> dict[str, str]:
        """Waits for a prompt; returns its kind, and who asks. Its window's name is the question itself."""
        until = time.monotonic() + self._timeout_s
        kinds = {what: f"prompt.title.{what}" for what in ASKS}
        kinds |= {f"extend {what}": f"prompt.extend.{what}" for what in ASKS} | {"still-there": "prompt.still_there"}
        while True:
            for window in tree.windows(APP):
                name = tree.described(window)[0]
                for kind, message_id in kinds.items():
                    found = re.fullmatch(self.name(message_id), name)
                    if found:
                        said = filter(None, (tree.described(node)[0] for node, _ in tree.walk(window)))
                        return {"kind": kind, "question": name, **found.groupdict(), "text": "\n".join(said)}
            if time.monotonic() >= until:
                raise tree.NotThere(f"no prompt of {APP} is shown after {self._timeout_s} s")
            time.sleep(tree.LOOK_AGAIN_S)

    def request(self, name: str, reason: str, instrument: str) -> dict[str, str]:
        self.press("home.request")
        self.type_text("ask.name", name)
        self.type_text("ask.reason", reason)
        if instrument:
            node = tree.find(APP, "radio", re.escape(instrument), enabled=True, timeout_s=self._timeout_s)
            tree.press(node)
        # the first page's button has the same words, and is gone once the fields are there
        self.press("ask.send")
        return self.read_code()

    def open_pop_up(self, words: str) -> dict[str, str]:
        """The window of a card is called by all that it says."""
        said, button = f".*{re.escape(words)}.*", self.name("popup.open")
        node = tree.find(APP, "button", button, window=said, enabled=True, timeout_s=self._timeout_s)
        text = next((tree.described(window)[0] for window in tree.windows(APP, said)), "")
        tree.press(node)
        tree.wait_gone(APP, "button", button, window=said, timeout_s=self._timeout_s)
        return {"card": text}

    def read_notice(self, words: str) -> dict[str, str]:
        return {"notice": str(self._on_notice(words, "notices.help").description)}

    def request_about(self, words: str, name: str) -> dict[str, str]:
        """The notice's sentence is the reason already: only the name is missing."""
        tree.press(self._on_notice(words, "notices.help"))
        # the page of notices has a field for the name, too: the reason's says that this is the other page
        tree.find(APP, "entry", self.name("ask.reason"), timeout_s=self._timeout_s)
        self.type_text("ask.name", name)
        self.press("ask.send")
        return self.read_code()

    def see_over(self, words: str, name: str) -> dict[str, str]:
        """Says that somebody has seen that it is over, which takes it off the page."""
        self.press_tab("notices")
        over = self.name("notices.head.over") + f".*{re.escape(words)}.*"
        seen = self.name("notices.seen")
        node = tree.find(APP, "button", seen, about=over, enabled=True, timeout_s=self._timeout_s)
        text = str(node.description)
        self.type_text("ask.name", name)
        tree.press(node)
        tree.wait_gone(APP, "button", seen, about=over, timeout_s=self._timeout_s)
        return {"notice": text}

    def press_tab(self, place: str) -> None:
        """The tab of notices says how many there are, when there are any."""
        names = "|".join(self.name(message_id) for message_id in (f"nav.{place}", f"nav.{place}.count"))
        tree.press(tree.find(APP, "button", names, enabled=True, timeout_s=self._timeout_s))

    def _on_notice(self, words: str, message_id: str) -> tree.Node:
        """A button on the card of the notice that says these words: its description is the notice."""
        about = f".*{re.escape(words)}.*"
        return tree.find(APP, "button", self.name(message_id), about=about, enabled=True, timeout_s=self._timeout_s)

    def read_code(self) -> dict[str, str]:
        return {"code": self.read("code.name")["code"].replace(" ", "")}

    def allow(self, kind: str) -> dict[str, str]:
        """Presses Allow once, after reading; any other question than `kind` is left to its silence."""
        prompt = self.prompt()
        if prompt["kind"].split()[0] != kind:
            raise tree.NotThere(f"expected to be asked for {kind}, got: {prompt['question']}")
        time.sleep(READING_S)
        question = prompt["question"]
        button = {"extend": "prompt.extend.allow", "still-there": "prompt.still_there.allow"}.get(kind, "prompt.allow")
        self.press(button, window=re.escape(question))
        tree.wait_gone(
            APP, "button", self.name(button), window=re.escape(prompt["question"]), timeout_s=self._timeout_s
        )
        return prompt

    def deny(self) -> dict[str, str]:
        prompt = self.prompt()
        kind = prompt["kind"].split()[0]
        time.sleep(READING_S)
        button = {"extend": "prompt.extend.deny", "still-there": "prompt.still_there.deny"}.get(kind, "prompt.deny")
        self.press(button, window=re.escape(prompt["question"]))
        return prompt

    def stop(self) -> None:
        """On the indicator if it is up, else on the session's page: both have the same button."""
        self.press("session.stop")

    def revoke(self, what: str) -> None:
        name = self._catalogue.gettext("session.revoke.what").format(
            capability=self._catalogue.gettext(f"capability.{what}")
        )
        tree.press(tree.find(APP, "button", re.escape(name), enabled=True, timeout_s=self._timeout_s))


def say(verb: str, said: dict[str, str] | None = None) -> None:
    print(json.dumps({"do": verb, "at": round(time.time(), 3), **(said or {})}, ensure_ascii=False), flush=True)


def tell(window: DeskWindow, words: argparse.Namespace) -> None:
    """The whole story; each step is a line as soon as it is done."""
    say("request", window.request(words.name, words.reason, words.instrument))
    for what in words.allow.split(","):
        say(f"allow {what}", window.allow(what))
    time.sleep(words.stop_after_s)
    window.stop()
    say("stop")
    window.read("over.title")
    say("over", {"text": window_text(window)})


def window_text(window: DeskWindow) -> str:
    """The sentence under "The session is over"."""
    texts = [name for root in tree.windows(APP) for node, _ in tree.walk(root) if (name := tree.described(node)[0])]
    # the card has the same name as the label in it; the sentence follows the label
    heads = [place for place, text in enumerate(texts) if re.fullmatch(window.name("over.title"), text)]
    return texts[heads[-1] + 1] if heads and heads[-1] + 1 < len(texts) else ""


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="desk", description="a technician at the desk's window")
    parser.add_argument("--language", choices=("en", "es"), default="en")
    parser.add_argument("--timeout-s", type=float, default=DEFAULT_TIMEOUT_S)
    verbs = parser.add_subparsers(dest="do", required=True)
    for verb in ("request", "tell"):
        words = verbs.add_parser(verb)
        words.add_argument("--name", required=True)
        words.add_argument("--reason", required=True)
        words.add_argument("--instrument", default="", help="the model, where the PC has several")
        if verb == "tell":
            words.add_argument("--allow", default="view,control", help="what to allow, in this order")
            words.add_argument("--stop-after-s", type=float, default=2.0)
    for verb in ("open-pop-up", "read-notice", "request-about", "see-over"):
        words = verbs.add_parser(verb)
        words.add_argument("words", help="some of what the notice says")
        if verb in ("request-about", "see-over"):
            words.add_argument("--name", required=True)
    for verb in ("read-code", "read-prompt", "deny", "pause", "resume", "stop", "cancel", "new-code"):
        verbs.add_parser(verb)
    verbs.add_parser("allow").add_argument("what", choices=(*ASKS, "extend", "still-there"))
    verbs.add_parser("revoke").add_argument("what", choices=ASKS)
    verbs.add_parser("wait-state").add_argument("state", choices=tuple(STATES))
    chosen = parser.parse_args(argv)
    window = DeskWindow(chosen.language, chosen.timeout_s)
    simple: dict[str, Callable[[], dict[str, str] | None]] = {
        "read-code": window.read_code,
        "read-prompt": window.prompt,
        "deny": window.deny,
        "stop": window.stop,
        "pause": lambda: window.press("session.pause"),
        "resume": lambda: window.press("session.resume"),
        "cancel": lambda: window.press("waiting.cancel"),
        "new-code": lambda: window.press("code.new"),
    }
    try:
        match chosen.do:
            case "tell":
                tell(window, chosen)
            case "request":
                say("request", window.request(chosen.name, chosen.reason, chosen.instrument))
            case "open-pop-up":
                say("open-pop-up", window.open_pop_up(chosen.words))
            case "read-notice":
                say("read-notice", window.read_notice(chosen.words))
            case "request-about":
                say("request-about", window.request_about(chosen.words, chosen.name))
            case "see-over":
                say("see-over", window.see_over(chosen.words, chosen.name))
            case "allow":
                say(f"allow {chosen.what}", window.allow(chosen.what))
            case "revoke":
                window.revoke(chosen.what)
                say(f"revoke {chosen.what}")
            case "wait-state":
                say(f"wait-state {chosen.state}", window.read(STATES[chosen.state]))
            case verb:
                say(verb, simple[verb]())
    except tree.NotThere as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
