"""Universes: named buckets of tickers with point-in-time membership."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, StrictBool, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from hedgebook.errors import InputError, UniverseError, did_you_mean

from .calendar import EXCHANGE
from .checks import DAY, DAYS, LIST_OF_NAMES, NAME, PATH, takes
from .exchanges.currencies import FxSeries
from .model import Value
from .refusal.problems import flaw, flaws, refusal, repeats, tables_in
from .tickers.file import LISTS, read_tickers
from .tickers.given import is_list, tables_of
from .toml_file import find_file, name_of, read_toml, validate

DATA = Path(__file__).parent / "data"
NOT_UNIVERSES = {"events", "claims"}
# What is taken where no universe is named, and the word for every ticker of a price file.
DEFAULT_UNIVERSE, ALL = "ai_infrastructure", "all"
# The bucket of tickers that a price file has and a universe lacks.
OTHER, OTHER_ROLE = "other", "Tickers of the price file that stand in no bucket of their own."
# What markets, factors and their reports are measured against: read with any universe, in a bucket or in none.
REFERENCES = ("SPY", "SMH", "IBIT", "MTUM", "TLT")


class Member(Value):
    """A ticker with its company and the first session on which it could be traded under that identity.

    earlier: the name was already listed before `first_session`, which is then only the first session that
    the shipped facts cover; earlier prices of it are used as they are. company: "" where it is not said; first_session:
    None for the session of its first price, which is put in when prices are read.
    confirmed_moves: sessions whose move is real although an unadjusted split could have made it.
    calendar: the exchange it trades on, a code of exchange_calendars; currency: of its prices.
    delisted: the day from which on it is not traded any more: the first close without a price on or after it writes
    positions off; recovery_frac: what they bring then, a fraction of the last price, None = unknown.
    """

    _error: ClassVar[type[InputError]] = UniverseError

    ticker: str = Field(min_length=1, max_length=24, pattern=r"^\S+$")
    company: str = Field(default="", min_length=1)
    first_session: date | None = None
    earlier: StrictBool = False
    confirmed_moves: tuple[date, ...] = ()
    calendar: str = Field(default=EXCHANGE, min_length=2, max_length=16)
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    delisted: date | None = None
    recovery_frac: float | None = Field(default=None, ge=0, le=10)

    @model_validator(mode="after")
    def _moves_once_and_listed(self) -> Member:
        found = []
        if self.delisted is not None and not self.listed_on(self.delisted):
            remedy = f"{self.ticker} is listed from {self.first_session}; correct one of the two days."
            found.append(
                flaw("it is delisted before its listing", at=("delisted",), value=str(self.delisted), remedy=remedy)
            )
        for i, day in enumerate(self.confirmed_moves):
            at = ("confirmed_moves", i)
            if day in self.confirmed_moves[:i]:
                found.append(flaw("this day stands twice", at=at, value=str(day), remedy="Remove one of the two."))
            if not self.listed_on(day):
                remedy = f"{self.ticker} is listed from {self.first_session}; correct one of the two days."
                found.append(flaw("this day lies before the listing", at=at, value=str(day), remedy=remedy))
        if found:
            raise flaws(found)
        return self

    def listed_on(self, day: date) -> bool:
        """Whether the member was listed on `day`."""
        return self.earlier or self.first_session is None or day >= self.first_session


class Bucket(Value):
    """A named group of tickers that play one role in a trade. role: in words, "" where it is not said."""

    _error: ClassVar[type[InputError]] = UniverseError

    name: str = Field(min_length=1, pattern=r"^[a-z][a-z0-9_-]*$")
    role: str = Field(default="", min_length=1)
    members: tuple[Member, ...] = Field(min_length=1)


class Universe(Value):
    """Named buckets; every ticker belongs to exactly one of them.

    name, title: what it is called, the title being the name where it is not said; benchmark: the ticker that betas are
    measured against where nothing else is said, which need not stand in a bucket.
    buckets: in the order of the file, each with a name, a role and members, which have their first session.
    currencies: by code, where the exchange rates of members whose prices are not in USD stand.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    _error: ClassVar[type[InputError]] = UniverseError

    name: str = Field(min_length=1)
    title: str = Field(default="", min_length=1)
    benchmark: str = Field(default="SPY", min_length=1)
    buckets: tuple[Bucket, ...] = Field(min_length=1)
    currencies: dict[str, FxSeries] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _each_name_once(self) -> Universe:
        if found := _clashes([(b.name, [m.ticker for m in b.members]) for b in self.buckets]):
            raise flaws(found)
        return self

    @model_validator(mode="before")
    @classmethod
    def _titled(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and "title" not in given and isinstance(given.get("name"), str):
            return {**given, "title": given["name"]}
        return given

    @classmethod
    def of(cls, tickers: object, *, name: str = "own", title: str = "", benchmark: str = "SPY") -> Universe:
        """A universe of tickers alone: "CEG, VST", a list of them, or lists by bucket as in {"power": ["CEG", "VST"]}.

        name, title: what it is called; benchmark: what betas are measured against, which need not be among them. Each
        ticker is listed from its first price on. Raises UniverseError, for everything that is wrong at once.
        """
        raw = {"name": name, "benchmark": benchmark, "buckets": tables_of(tickers)}
        return _made({**raw, "title": title} if title else raw, "Universe.of")

    @takes(tickers=LIST_OF_NAMES)
    def with_others(self, tickers: Sequence[str]) -> Universe:
        """The same with the tickers that it lacks in the bucket `other`, listed from their first price on.

        Raises ParameterError for no list of names.
        """
        new = tuple(Member(ticker=one) for one in dict.fromkeys(tickers) if one not in self.by_ticker)
        if not new:
            return self
        there = {bucket.name: bucket for bucket in self.buckets}
        old = there.get(OTHER)
        members = new if old is None else (*old.members, *new)
        there[OTHER] = Bucket(name=OTHER, role=OTHER_ROLE if old is None else old.role or OTHER_ROLE, members=members)
        return self._of_buckets(tuple(there.values()))

    def _of_buckets(self, buckets: tuple[Bucket, ...]) -> Universe:
        # Not model_copy, which would keep what was looked up in the old ones.
        return Universe(name=self.name, title=self.title, benchmark=self.benchmark, buckets=buckets)

    def first_priced(self, days: Mapping[str, date]) -> Universe:
        """The same with the first session of each member that says none put in: that of its first price (`days`)."""
        if not any(m.first_session is None and not m.earlier for _, m in self.by_ticker.values()):
            return self
        return self._of_buckets(
            tuple(
                b.model_copy(update={"members": tuple(_first_priced(m, days) for m in b.members)}) for b in self.buckets
            )
        )

    def confirming(self, moves: Mapping[str, Sequence[date]]) -> Universe:
        """The same with sessions whose move is real (`moves`, by ticker) in place of those that a member had."""
        return self._of_buckets(
            tuple(
                b.model_copy(
                    update={
                        "members": tuple(
                            m.model_copy(update={"confirmed_moves": tuple(moves[m.ticker])}) if m.ticker in moves else m
                            for m in b.members
                        )
                    }
                )
                for b in self.buckets
            )
        )

    @classmethod
    def more_problems(cls, raw: Mapping[str, Any]) -> list[PydanticCustomError]:
        """Names that stand twice in a file, as read (`raw`)."""
        entries = tables_in(raw.get("buckets"))
        return _clashes([(e.get("name"), [m.get("ticker") for m in tables_in(e.get("members"))]) for e in entries])

    @cached_property
    def by_ticker(self) -> dict[str, tuple[str, Member]]:
        """Bucket name and member of each ticker."""
        return {m.ticker: (b.name, m) for b in self.buckets for m in b.members}

    @property
    def tickers(self) -> tuple[str, ...]:
        """Every ticker, in the order of the file."""
        return tuple(self.by_ticker)

    @takes(tickers=LIST_OF_NAMES)
    def calendars_of(self, tickers: Sequence[str]) -> tuple[str, ...]:
        """The exchange that each of some tickers trades on. Raises ParameterError for what is no list of names."""
        found = (self.by_ticker.get(ticker) for ticker in tickers)
        return tuple(EXCHANGE if one is None else one[1].calendar for one in found)

    @takes(tickers=LIST_OF_NAMES)
    def currencies_of(self, tickers: Sequence[str]) -> tuple[str, ...]:
        """The currency of each of some tickers' prices. Raises ParameterError for what is no list of names."""
        found = (self.by_ticker.get(ticker) for ticker in tickers)
        return tuple("USD" if one is None else one[1].currency for one in found)

    @property
    def bucket_names(self) -> tuple[str, ...]:
        """Every bucket's name, in the order of the file."""
        return tuple(bucket.name for bucket in self.buckets)

    @takes(name=NAME)
    def bucket(self, name: str) -> Bucket:
        """A bucket by name. Raises UniverseError with the closest name."""
        for bucket in self.buckets:
            if bucket.name == name:
                return bucket
        raise UniverseError(
            f"there is no bucket {name!r}", where=f"universe {self.name}", remedy=did_you_mean(name, self.bucket_names)
        )

    @takes(ticker=NAME)
    def bucket_of(self, ticker: str) -> str | None:
        """The bucket that a ticker belongs to, or None for one outside the universe.

        Raises ParameterError for no text.
        """
        found = self.by_ticker.get(ticker)
        return found[0] if found else None

    @takes(names=LIST_OF_NAMES, on=DAY)
    def resolve(self, names: Sequence[str], on: date) -> tuple[str, ...]:
        """Tickers of buckets and tickers (`names`), as listed on a day; a bucket brings only members listed by then.

        Raises UniverseError for a name that is neither, and for a ticker named itself but not yet listed.
        """
        tickers: list[str] = []
        for name in names:
            if name in self.bucket_names:
                found = [m.ticker for m in self.bucket(name).members if m.listed_on(on)]
            elif name in self.by_ticker:
                member = self.by_ticker[name][1]
                if not member.listed_on(on):
                    raise UniverseError(
                        f"{name} was not listed on {on}",
                        where=f"universe {self.name}",
                        bound=f"days from {member.first_session}",
                        remedy="Leave it out or choose a later day.",
                    )
                found = [name]
            else:
                raise self.unknown(name)
            tickers.extend(ticker for ticker in found if ticker not in tickers)
        return tuple(tickers)

    def unknown(self, name: str, priced: Sequence[str] = ()) -> UniverseError:
        """That a name is neither a bucket nor a ticker, with the nearest of the universe's and of those `priced`."""
        return UniverseError(
            f"{name!r} is neither a bucket nor a ticker",
            where=f"universe {self.name}",
            remedy=elsewhere(name) or did_you_mean(name, [*self.bucket_names, *self.tickers, *priced]),
        )

    @takes(tickers=LIST_OF_NAMES, sessions=DAYS)
    def listed(self, tickers: Sequence[str], sessions: NDArray[np.datetime64]) -> NDArray[np.bool_]:
        """(T, N): whether each of N `tickers` was listed at each of T `sessions`; outside the universe it always is.

        Raises ParameterError for what is no list of names, or no days.
        """
        out = np.ones((len(sessions), len(tickers)), dtype=np.bool_)
        for i, ticker in enumerate(tickers):
            found = self.by_ticker.get(ticker)
            if found and not found[1].earlier and found[1].first_session is not None:
                out[:, i] = sessions >= np.datetime64(found[1].first_session, "D")
        return out


def _first_priced(member: Member, days: Mapping[str, date]) -> Member:
    if member.first_session is not None or member.earlier or member.ticker not in days:
        return member
    return member.model_copy(update={"first_session": days[member.ticker]})


def _clashes(buckets: Sequence[tuple[object, Sequence[object]]]) -> list[PydanticCustomError]:
    """Buckets and tickers that stand twice, and tickers that are also the name of a bucket."""
    names = [name for name, _ in buckets]
    remedy = "Give each bucket a name of its own."
    found = repeats(names, lambda i: ("buckets", i, "name"), what="this bucket", remedy=remedy)
    seen: dict[object, object] = {}
    for i, (bucket, tickers) in enumerate(buckets):
        for j, ticker in enumerate(tickers):
            at = ("buckets", i, "members", j, "ticker")
            if not isinstance(ticker, str):
                continue
            if ticker in seen:
                other = "twice in" if seen[ticker] == bucket else f"in bucket {seen[ticker]!r} and in"
                what, remedy = f"this ticker stands {other} bucket {bucket!r}", "Remove one of the two."
                found.append(flaw(what, at=at, value=ticker, remedy=remedy))
            if ticker in names:
                what = "this ticker is also the name of a bucket, so that a leg could mean either"
                found.append(flaw(what, at=at, value=ticker, remedy="Rename the bucket."))
            seen[ticker] = bucket
    return found


def elsewhere(name: str) -> str | None:
    """How to get a bucket or a ticker that only another shipped universe has; None where none has."""
    for title, path in shipped_universes().items():
        universe = load_universe(path)
        if name in universe.by_ticker or name in universe.bucket_names:
            return f"Use --universe {title}, which has it, and --prices with a file that has its prices."
    return None


def shipped_universes() -> dict[str, Path]:
    """The universes that come with hedgebook, by name."""
    return {p.stem: p for p in sorted(DATA.glob("*.toml")) if p.stem not in NOT_UNIVERSES}


@takes(name_or_path=PATH)
def load_universe(name_or_path: str | Path = "ai_infrastructure") -> Universe:
    """A universe by its shipped name, from a user's file, or of tickers with commas between them, as in "CEG,VST".

    name_or_path: one of these. A file is a TOML file with buckets, or a list of tickers: one a line, or a CSV file with
    a column ticker and, where known, bucket, company and first_session. Raises UniverseError that names file, key,
    value and remedy.
    """
    if name_or_path == ALL:
        raise UniverseError(
            "every ticker of a price file is a universe only together with that file", where="universe", value=ALL,
            remedy="Give the prices too: --prices FILE, in Python load_market(file, \"all\").",
        )  # fmt: skip
    if is_list(name_or_path, shipped_universes()):
        return Universe.of(str(name_or_path))
    path = find_file(name_or_path, shipped_universes(), kind="universe", error=UniverseError)
    if path.suffix.lower() in LISTS:
        return _made(read_tickers(path), path.name)
    raw = read_toml(path, error=UniverseError)
    return validate(Universe, {"name": name_of(path, stem=True), **raw}, path=path, error=UniverseError)


def _made(raw: Mapping[str, Any], source: str) -> Universe:
    """A universe of tickers alone, with the moves that the shipped facts confirm as real for the same tickers.

    Raises UniverseError with every problem, each at its place in `source`.
    """
    try:
        found: Universe = Universe.__pydantic_validator__.validate_python(raw)
    except ValidationError as problem:
        raise refusal(Universe, problem, UniverseError, source=source) from None
    facts = load_universe().by_ticker
    moves = {t: facts[t][1].confirmed_moves for t in found.tickers if t in facts and facts[t][1].confirmed_moves}
    return found.confirming(moves) if moves else found


def as_universe(given: object) -> Universe:
    """The universe itself, by name or file, or of what `Universe.of` takes. Raises UniverseError."""
    if isinstance(given, Universe):
        return given
    if isinstance(given, str | Path):
        return load_universe(given)
    return Universe.of(given)
