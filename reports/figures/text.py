"""Text of figures: how wide it is, and the small dialect of HTML in which labels are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

# Widths in hundredths of the font's size, of DejaVu Sans: of the usual fonts of screens the widest.
_GROUPS = {
    28: "'ijl", 29: "IJ", 32: " ,.·", 34: "/:;\\|", 35: "f", 36: "-", 39: "()[]t", 40: "!²", 41: "r", 46: '"',
    50: "*_`–°", 52: "sz", 53: "?", 55: "c", 56: "L", 58: "Fk", 59: "vxy", 60: "P", 61: "TYao", 62: "e",
    63: "ESbdghnpqu", 64: "$0123456789{}€£", 66: "K", 68: "AV", 69: "BRXZ", 70: "C", 73: "U", 75: "HN", 77: "DG",
    78: "&", 79: "OQ", 82: "w", 84: "#+<=>^~\u2212×±", 86: "M", 95: "%", 97: "m", 99: "W", 100: "@—…",
}  # fmt: skip
_WIDTHS = {character: width for width, group in _GROUPS.items() for character in group}
UNKNOWN_WIDTH, WIDE_WIDTH, FIRST_WIDE = 70, 105, 0x1100
BOLD_RATIO = 1.12
LINE_HEIGHT = 1.25
ELLIPSIS = "…"
# What XML 1.0 cannot hold.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Line:
    """A line of a label, without markup."""

    text: str
    bold: bool = False


def clean(text: str) -> str:
    """Text with what XML cannot hold replaced."""
    return _ILLEGAL.sub("\ufffd", text)


def lines_of(markup: str) -> tuple[Line, ...]:
    """The lines of a label written with <b>, <br> and escaped characters."""
    found, bold = [], False
    for part in re.split(r"<br\s*/?>|\n", str(markup)):
        bold = bold or "<b>" in part
        found.append(Line(clean(unescape(re.sub(r"</?b>", "", part))), bold))
        bold = bold and "</b>" not in part
    return tuple(found)


def plain_text(markup: str) -> str:
    """A label as one line of plain text."""
    return ", ".join(line.text for line in lines_of(markup))


def width_px(text: str, size_px: float, *, bold: bool = False) -> float:
    """How wide a text is, rather more than less."""
    total = sum(
        _WIDTHS.get(character, WIDE_WIDTH if ord(character) >= FIRST_WIDE else UNKNOWN_WIDTH) for character in text
    )
    return total / 100.0 * size_px * (BOLD_RATIO if bold else 1.0)


def block_width_px(lines: tuple[Line, ...], size_px: float) -> float:
    """The width of the widest line."""
    return max((width_px(line.text, size_px, bold=line.bold) for line in lines), default=0.0)


def wrapped(lines: tuple[Line, ...], size_px: float, most_px: float, most_lines: int = 9) -> tuple[Line, ...]:
    """Lines no wider than `most_px`, broken at spaces, or within a word that is wider alone."""
    found: list[Line] = []
    for line in lines:
        found += [Line(text, line.bold) for text in _broken(line, size_px, most_px)]
    if len(found) <= most_lines:
        return tuple(found)
    last = found[most_lines - 1]
    return (*found[: most_lines - 1], Line(shortened(f"{last.text} {ELLIPSIS}", size_px, most_px), last.bold))


def _broken(line: Line, size_px: float, most_px: float) -> list[str]:
    rows: list[str] = []
    held = ""
    for word in line.text.split(" "):
        longer = f"{held} {word}" if held else word
        if width_px(longer, size_px, bold=line.bold) <= most_px:
            held = longer
            continue
        if held:
            rows.append(held)
        held = word
        while width_px(held, size_px, bold=line.bold) > most_px and len(held) > 1:
            kept = _fitting(held, size_px, most_px, bold=line.bold)
            rows.append(held[:kept])
            held = held[kept:]
    return [*rows, held]


def _fitting(word: str, size_px: float, most_px: float, *, bold: bool) -> int:
    """How many of a word's first characters fit; at a joint of the word where one is near."""
    kept = 1
    while kept < len(word) and width_px(word[: kept + 1], size_px, bold=bold) <= most_px:
        kept += 1
    joint = max(word.rfind(mark, 1, kept) for mark in "-_/.")
    return joint + 1 if joint >= kept // 2 else kept


def longest_word_px(lines: tuple[Line, ...], size_px: float) -> float:
    """The width of the widest word."""
    return max((width_px(word, size_px, bold=line.bold) for line in lines for word in line.text.split()), default=0.0)


def shortened(text: str, size_px: float, most_px: float) -> str:
    """A text cut to a width, with an ellipsis where it was."""
    if width_px(text, size_px) <= most_px:
        return text
    kept = text.rstrip(f" {ELLIPSIS}")
    while kept and width_px(kept + ELLIPSIS, size_px) > most_px:
        kept = kept[:-1]
    return kept.rstrip() + ELLIPSIS
