"""What a reader is told in a sentence, with what it is about, so that nothing has to be read out of the words."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class NoteKind(StrEnum):
    """What a note is about, where code decides by it."""

    OTHER = "other"
    STILL_HELD = "still held"
    OF_THE_HEDGE = "of the hedge"


class Note(str):
    """A sentence for readers; kind: what it is about; tickers: whom. It prints and compares as its text."""

    __slots__ = ("kind", "tickers")

    kind: NoteKind
    tickers: tuple[str, ...]

    def __new__(cls, text: str, kind: NoteKind = NoteKind.OTHER, tickers: Iterable[str] = ()) -> Note:
        note = super().__new__(cls, text)
        note.kind, note.tickers = kind, tuple(tickers)
        return note

    def __getnewargs__(self) -> tuple[str, NoteKind, tuple[str, ...]]:  # type: ignore[override]
        return str(self), self.kind, self.tickers


def kind_of(note: str) -> NoteKind:
    """The kind of a note; a plain text is of no kind of its own."""
    return note.kind if isinstance(note, Note) else NoteKind.OTHER
