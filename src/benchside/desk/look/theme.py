"""Turns the tokens into what Qt understands: palette, fonts, and one style sheet for the whole program."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from benchside.desk.look.tokens import BODY_PX, DARK, LIGHT, MONO, SANS, SMALL_PX, STRONG_PX, Tokens

__all__ = ["choose_tokens", "dress", "make_font", "system_is_dark"]


def make_font(size_px: int, *, strong: bool = False, mono: bool = False) -> QFont:
    """Return the font of docs/look.md in `size_px`."""
    font = QFont()
    font.setFamilies(list(MONO if mono else SANS))
    font.setPixelSize(size_px)
    font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
    if mono:
        font.setStyleHint(QFont.StyleHint.Monospace)
    return font


def system_is_dark(palette: QPalette) -> bool:
    """Return whether the system's own palette is a dark one.  Qt 6.4 knows no colour scheme."""
    return (
        palette.color(QPalette.ColorRole.Window).lightness() < palette.color(QPalette.ColorRole.WindowText).lightness()
    )


def choose_tokens(appearance: str, *, dark_system: bool) -> Tokens:
    """Return the tokens for the setting `appearance` ("system", "light" or "dark")."""
    is_dark = dark_system if appearance == "system" else appearance == "dark"
    return DARK if is_dark else LIGHT


def dress(application: QApplication, tokens: Tokens) -> None:
    """Give every window of the program the look of `tokens`."""
    application.setStyle("Fusion")  # the one style that looks alike on every desktop and knows no surprises
    application.setFont(make_font(BODY_PX))
    application.setPalette(_palette(tokens))
    application.setStyleSheet(_sheet(tokens))


def _palette(tokens: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for name, value in (
        (role.Window, tokens.ground),
        (role.WindowText, tokens.text),
        (role.Base, tokens.surface),
        (role.AlternateBase, tokens.sunken),
        (role.Text, tokens.text),
        (role.Button, tokens.surface),
        (role.ButtonText, tokens.text),
        (role.Highlight, tokens.primary),
        (role.HighlightedText, tokens.on_primary),
        (role.PlaceholderText, tokens.text_quiet),
        (role.ToolTipBase, tokens.surface),
        (role.ToolTipText, tokens.text),
    ):
        palette.setColor(name, QColor(value))
    return palette


def _sheet(t: Tokens) -> str:
    return f"""
    QMainWindow, QWidget#page {{ background: {t.ground}; }}
    QWidget#prompt {{ background: {t.primary}; }}
    QFrame[card="inner"] {{ background: {t.surface}; border: 0; }}
    QLabel {{ background: transparent; color: {t.text}; }}
    QLabel[tone="quiet"] {{ color: {t.text_quiet}; }}
    QLabel[tone="good"] {{ color: {t.good}; }}
    QLabel[tone="warn"] {{ color: {t.warn}; }}
    QLabel[tone="danger"] {{ color: {t.danger}; }}
    QLabel[tone="primary"] {{ color: {t.primary}; }}
    QLabel[tone="band"] {{ color: {t.on_band}; }}
    QFrame[card="plain"] {{ background: {t.surface}; border: 1px solid {t.line}; border-radius: 12px; }}
    QFrame[card="sunken"] {{ background: {t.sunken}; border: 0; border-radius: 8px; }}
    QFrame[card="good"] {{ background: {t.good_soft}; border: 1px solid {t.good}; border-radius: 12px; }}
    QFrame[card="info"] {{ background: {t.primary_soft}; border: 1px solid {t.primary}; border-radius: 12px; }}
    QFrame[card="warn"] {{ background: {t.warn_soft}; border: 1px solid {t.warn}; border-radius: 12px; }}
    QFrame[card="danger"] {{ background: {t.danger_soft}; border: 1px solid {t.danger}; border-radius: 12px; }}
    QFrame#header {{ background: {t.surface}; border: 0; border-bottom: 1px solid {t.line}; }}
    QFrame#rule {{ background: {t.line}; border: 0; }}
    QLineEdit, QPlainTextEdit {{
        background: {t.surface}; color: {t.text}; border: 1px solid {t.line_strong}; border-radius: 8px;
        padding: 10px 13px; font-size: {BODY_PX}px; selection-background-color: {t.primary};
        selection-color: {t.on_primary};
    }}
    QLineEdit {{ min-height: 28px; }}
    QLineEdit:focus, QPlainTextEdit:focus {{ border: 3px solid {t.text}; padding: 8px 11px; }}
    QLineEdit[wrong="true"], QPlainTextEdit[wrong="true"] {{ border: 2px solid {t.danger}; padding: 9px 12px; }}
    QScrollArea, QScrollArea > QWidget > QWidget#scrolled {{ background: transparent; border: 0; }}
    QScrollBar:vertical {{ background: transparent; width: 18px; margin: 0; }}
    QScrollBar::handle:vertical {{
        background: {t.line_strong}; border-radius: 5px; min-height: 48px; margin: 2px 4px;
    }}
    QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
        background: transparent; height: 0; width: 0;
    }}
    QToolTip {{
        background: {t.surface}; color: {t.text}; border: 1px solid {t.line_strong}; padding: 6px;
        font-size: {SMALL_PX}px;
    }}
    QMenu {{ background: {t.surface}; color: {t.text}; font-size: {STRONG_PX}px; border: 1px solid {t.line_strong}; }}
    QMenu::item {{ padding: 12px 24px; }}
    QMenu::item:selected {{ background: {t.primary}; color: {t.on_primary}; }}
    """
