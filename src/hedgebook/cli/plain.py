"""Text from files in a terminal: what a terminal would obey, and what turns reading around, is shown and not done."""

from __future__ import annotations

import re

# Control characters but tab and line feed; soft hyphens, characters without width, marks and overrides of direction,
# line and paragraph separators, lone halves of pairs, tags.
OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def plain(text: str) -> str:
    """Text with its control characters as escapes; lines after the first are indented, so that none passes for ours."""
    return OBEYED.sub(_escape, text).replace("\n", "\n  ")


def plain_cell(text: str) -> str:
    """Text on one line."""
    return OBEYED.sub(_escape, text).replace("\n", "\\n").replace("\t", "\\t")


def plain_json(text: str) -> str:
    """JSON that means the same and holds no such character raw."""
    return OBEYED.sub(_json_escape, text)


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape", "surrogatepass").decode("ascii")


def _json_escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
