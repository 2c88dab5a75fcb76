"""A PDF as poppler reads it: lines of text, and where each word stands."""

from __future__ import annotations

import re
import shutil
import subprocess
from io import BytesIO
from typing import NamedTuple

import pypdf
import pytest

needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext, which is absent here")


class Word(NamedTuple):
    """A word and its box in points from the upper left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


class Sheet(NamedTuple):
    """A page: its size in points and its words."""

    width: float
    height: float
    words: tuple[Word, ...]


def told(pdf: bytes, *how: str) -> str:
    """What pdftotext says."""
    done = subprocess.run(["pdftotext", *how, "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode()


def lines_of(pdf: bytes) -> list[str]:
    """The lines as they stand on the pages, with one space between words."""
    return [" ".join(line.split()) for line in told(pdf, "-layout").splitlines()]


def sheets_of(pdf: bytes) -> list[Sheet]:
    """Every page with its words."""
    found = []
    for size, body in re.findall(r"<page ([^>]*)>(.*?)</page>", told(pdf, "-bbox"), re.DOTALL):
        width, height = (float(value) for value in re.findall(r'"([\d.]+)"', size))
        words = [
            Word(text, *(float(value) for value in box))
            for *box, text in re.findall(
                r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>', body
            )
        ]
        found.append(Sheet(width, height, tuple(words)))
    return found


def reader(pdf: bytes) -> pypdf.PdfReader:
    """The same for pypdf."""
    return pypdf.PdfReader(BytesIO(pdf))
