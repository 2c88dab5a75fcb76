"""The URLs of sources: what they are made of, and what of them may be shown."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import unquote

from hedgebook.errors import SECRET, PriceDataError, did_you_mean, without_secrets

from ..prices.cells import parse_day

SCHEMES = {
    "duckdb": "duckdb:///FILE?table=prices",
    "sqlite": "sqlite:///FILE?table=prices",
    "postgresql": "postgresql://user@host/database?table=prices",
    "yfinance": "yfinance:",
    "store": "store:",
    "sample": "sample:",
}
OTHER_NAMES = {"postgres": "postgresql", "postgresql+psycopg": "postgresql", "sqlite3": "sqlite", "yahoo": "yfinance"}
# What every source takes; each says itself what else it does.
COMMON = ("start", "until")
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(.*)", re.DOTALL)
LONGEST_QUERY = 200


@dataclass(frozen=True)
class SourceURL:
    """A URL in its parts; rest: what stands between the scheme and "?", as it was typed; options: after "?", decoded.

    Nothing of rest may be shown before user and password are taken out of it.
    """

    scheme: str
    rest: str = field(repr=False)
    options: Mapping[str, str] = field(repr=False)

    def only(self, *names: str) -> None:
        """Refuse options other than `names` and those of every source. Raises PriceDataError."""
        allowed = (*names, *COMMON)
        for name in self.options:
            if name not in allowed:
                raise PriceDataError(
                    "this source has no such option",
                    where=f"{self.scheme}:",
                    value=name,
                    bound=", ".join(allowed),
                    remedy=f"{did_you_mean(name, allowed)} An & within a query is written %26.",
                )

    def day(self, name: str) -> date | None:
        """The day that an option names, None without it. Raises PriceDataError for what is no day."""
        text = self.options.get(name)
        if text is None:
            return None
        found = parse_day(text)
        if isinstance(found, str):
            where = f"{self.scheme}: {name}"
            raise PriceDataError(found, where=where, value=without_secrets(text), bound="a day, as in 2026-07-01")
        return found

    def file(self) -> Path:
        """The file of a database: after three slashes from the working folder, after four from the root.

        A path of three slashes that is not there and would be there from the root is meant from the root.
        Raises PriceDataError where no file is named.
        """
        text = unquote(self.rest)
        for slashes in ("///", "//", "/"):
            if text.startswith(slashes):
                text = text[len(slashes) :]
                break
        if not text:
            raise PriceDataError("no file is named", where=f"{self.scheme}:", bound=SCHEMES[self.scheme])
        here, root = Path(text), Path("/", text)
        return root if not here.exists() and root.exists() else here


def source_url(given: object) -> SourceURL | None:
    """The parts of a source's URL; None for the path of a file and for what is neither.

    Raises PriceDataError for a URL of no known source.
    """
    if not isinstance(given, str | Path):
        return None
    found = SCHEME.fullmatch(str(given))
    if found is None:
        return None
    named, rest = found[1].lower(), found[2]
    scheme = OTHER_NAMES.get(named, named)
    if scheme not in SCHEMES:
        # A letter before a colon is a drive, and other names with a colon may be files.
        if len(named) == 1 or not rest.startswith("//"):
            return None
        raise PriceDataError(
            "prices cannot be read from there",
            where="prices",
            value=without_secrets(str(given)) if SCHEME.fullmatch(named) else f"{named}://***",
            bound=f"a file, or one of {', '.join(SCHEMES.values())}",
            remedy=did_you_mean(named, SCHEMES),
        )
    before, _, after = rest.partition("?")
    return SourceURL(scheme, before, _options(scheme, after))


def _options(scheme: str, text: str) -> dict[str, str]:
    """What stands after "?": NAME=VALUE with & between; a plus is a plus, as queries have them."""
    found: dict[str, str] = {}
    for part in re.split(r"&(?=\w+=)", text) if text else ():
        name, there, value = part.partition("=")
        if not there or not name or name in found:
            twice = "an option stands twice" if name in found else "this is not an option and its value"
            raise PriceDataError(twice, where=f"{scheme}:", value=name or None, bound=SCHEMES[scheme])
        found[name] = unquote(value)
    return found


def shown_query(query: str) -> str:
    """A query as it may be shown: on one line; its digest where it is long or could hold a secret."""
    text = " ".join(query.split())
    if len(text) <= LONGEST_QUERY and not SECRET.search(text) and "@" not in text and "://" not in text:
        return text
    return f"sha256-{hashlib.sha256(query.encode()).hexdigest()[:12]}"
