"""Which character a keysym stands for, and which keysyms a character may have.

Keysyms (X protocol, appendix A): printable Latin-1 is itself, newer ones are 0x01000000 and the code point,
and in between lie the older sets, which real layouts still use (Cyrillic, Greek, the euro sign).
"""

from __future__ import annotations

__all__ = ["character_of", "keysym_of"]

_UNICODE = 0x01000000
_MAX_CODE_POINT = 0x10FFFF

# Runs of the older sets: the first keysym, and the characters from there on.  Left out are the sets that no
# layout holds (line drawing, technical signs) and Hangul, which is composed before it arrives.
_RUNS: tuple[tuple[int, str], ...] = (
    (0x01A1, "Ą˘Ł"),
    (0x01A5, "ĽŚ"),
    (0x01A9, "ŠŞŤŹ"),
    (0x01AE, "ŽŻ"),
    (0x01B1, "ą˛ł"),
    (0x01B5, "ľśˇ"),
    (0x01B9, "šşťź˝žżŔ"),
    (0x01C3, "Ă"),
    (0x01C5, "ĹĆ"),
    (0x01C8, "Č"),
    (0x01CA, "Ę"),
    (0x01CC, "Ě"),
    (0x01CF, "ĎĐŃŇ"),
    (0x01D5, "Ő"),
    (0x01D8, "ŘŮ"),
    (0x01DB, "Ű"),
    (0x01DE, "Ţ"),
    (0x01E0, "ŕ"),
    (0x01E3, "ă"),
    (0x01E5, "ĺć"),
    (0x01E8, "č"),
    (0x01EA, "ę"),
    (0x01EC, "ě"),
    (0x01EF, "ďđńň"),
    (0x01F5, "ő"),
    (0x01F8, "řů"),
    (0x01FB, "ű"),
    (0x01FE, "ţ˙"),
    (0x02A1, "Ħ"),
    (0x02A6, "Ĥ"),
    (0x02A9, "İ"),
    (0x02AB, "ĞĴ"),
    (0x02B1, "ħ"),
    (0x02B6, "ĥ"),
    (0x02B9, "ı"),
    (0x02BB, "ğĵ"),
    (0x02C5, "ĊĈ"),
    (0x02D5, "Ġ"),
    (0x02D8, "Ĝ"),
    (0x02DD, "ŬŜ"),
    (0x02E5, "ċĉ"),
    (0x02F5, "ġ"),
    (0x02F8, "ĝ"),
    (0x02FD, "ŭŝ"),
    (0x03A2, "ĸŖ"),
    (0x03A5, "ĨĻ"),
    (0x03AA, "ĒĢŦ"),
    (0x03B3, "ŗ"),
    (0x03B5, "ĩļ"),
    (0x03BA, "ēģŧŊ"),
    (0x03BF, "ŋĀ"),
    (0x03C7, "Į"),
    (0x03CC, "Ė"),
    (0x03CF, "Ī"),
    (0x03D1, "ŅŌĶ"),
    (0x03D9, "Ų"),
    (0x03DD, "ŨŪ"),
    (0x03E0, "ā"),
    (0x03E7, "į"),
    (0x03EC, "ė"),
    (0x03EF, "ī"),
    (0x03F1, "ņōķ"),
    (0x03F9, "ų"),
    (0x03FD, "ũū"),
    (0x047E, "‾"),
    (0x04A1, "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネ"),
    (0x04C9, "ノハヒフヘホマミムメモヤユヨラリルレロワン゛゜"),
    (0x05AC, "،"),
    (0x05BB, "\u061b"),
    (0x05BF, "\u061f"),
    (0x05C1, "\u0621\u0622\u0623\u0624\u0625\u0626\u0627\u0628\u0629\u062a\u062b\u062c\u062d"),
    (0x05CE, "\u062e\u062f\u0630\u0631\u0632\u0633\u0634\u0635\u0636\u0637\u0638\u0639\u063a"),
    (0x05E0, "\u0640\u0641\u0642\u0643\u0644\u0645\u0646\u0647\u0648\u0649\u064a\u064b\u064c"),
    (0x05ED, "\u064d\u064e\u064f\u0650\u0651\u0652"),
    (0x06A1, "ђѓёєѕіїјљњћќґўџ№ЂЃЁЄЅІЇЈЉЊЋЌҐЎЏюабцдефгх"),
    (0x06C9, "ийклмнопярстужвьызшэщчъЮАБЦДЕФГХИЙКЛМНОП"),
    (0x06F1, "ЯРСТУЖВЬЫЗШЭЩЧЪ"),
    (0x07A1, "ΆΈΉΊΪ"),
    (0x07A7, "ΌΎΫ"),
    (0x07AB, "Ώ"),
    (0x07AE, "΅―"),
    (0x07B1, "άέήίϊΐόύϋΰώ"),
    (0x07C1, "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣ"),
    (0x07D4, "ΤΥΦΧΨΩ"),
    (0x07E1, "αβγδεζηθικλμνξοπρσςτυφχψω"),
    (0x0AA1, "\u2003\u2002\u2004\u2005\u2007\u2008\u2009\u200a—–"),
    (0x0AAC, "␣"),
    (0x0AAE, "…‥⅓⅔⅕⅖⅗⅘⅙⅚℅"),
    (0x0ABB, "‒⟨.⟩"),
    (0x0AC3, "⅛⅜⅝⅞"),
    (0x0AC9, "™☓"),
    (0x0ACC, "◁▷○▯‘’“”℞‰′″"),
    (0x0AD9, "✝"),
    (0x0ADB, "▬◀▶●▮◦▫▭△▽☆•▪▲▼☜☞♣♦♥"),
    (0x0AF0, "✠†‡✓✗♯♭♂♀☎⌕℗‸‚„"),
    (0x0CDF, "‗\u05d0\u05d1\u05d2\u05d3\u05d4\u05d5\u05d6\u05d7\u05d8\u05d9\u05da\u05db\u05dc"),
    (0x0CED, "\u05dd\u05de\u05df\u05e0\u05e1\u05e2\u05e3\u05e4\u05e5\u05e6\u05e7\u05e8\u05e9"),
    (0x0CFA, "\u05ea"),
    (0x0DA1, "กขฃคฅฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรฤลฦวศ"),
    (0x0DC9, "ษสหฬอฮฯะัาำิีึื\u0e38\u0e39\u0e3a"),
    (0x0DDE, "\u0e3e฿เแโใไๅๆ็\u0e48\u0e49\u0e4a\u0e4b์ํ"),
    (0x0DF0, "๐๑๒๓๔๕๖๗๘๙"),
    (0x13BC, "ŒœŸ"),
    (0x20AC, "€"),
)

_OLD: dict[int, str] = {first + offset: each for first, run in _RUNS for offset, each in enumerate(run)}


def character_of(keysym: int) -> str | None:
    """The character, or None for a key that means something else (Enter, a dead accent, nothing)."""
    if 0x20 <= keysym <= 0x7E or 0xA0 <= keysym <= 0xFF:
        return chr(keysym)
    code_point = keysym - _UNICODE
    if 0x100 <= code_point <= _MAX_CODE_POINT and not 0xD800 <= code_point <= 0xDFFF:
        return chr(code_point)
    return _OLD.get(keysym)


def keysym_of(character: str) -> int:
    """The keysym that a spare key gets for a character that no key of the layout has."""
    code_point = ord(character)
    if 0x20 <= code_point <= 0x7E or 0xA0 <= code_point <= 0xFF:
        return code_point
    return _UNICODE | code_point
