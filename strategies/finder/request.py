"""What is asked of a search for a hedge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from hedgebook.engine.finder.placebo import Placebo
from hedgebook.engine.finder.problem import MOST_NAMES, MOST_RULES
from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.chains.folder import chain_name
from hedgebook.universes.checks import DAY, NAMES, PATH, Kind, check_fields, either, many, maybe, number, one_of, whole
from hedgebook.universes.names import listed_once

from ..option_hedge.kind import OptionKind, parse_kind

MOST_BASKETS = 20_000_000
LEAST_SESSIONS = 60
SIZES = f"whole numbers from 1 to {MOST_NAMES}, as in 1:5, 3 or range(1, 6)"
COUNTS = either(
    whole(),
    many(whole(), "whole numbers"),
    Kind("a range", lambda value: isinstance(value, range) and len(value) < 100),
)

ASKED = {
    "names": Kind(SIZES, lambda value: isinstance(value, str) or COUNTS.test(value)),
    "among": NAMES,
    "adv_frac": maybe(number(1e-6, 1.0)),
    "borrow_annual": maybe(number(0.0, 10.0)),
    "neutral": NAMES,
    "objective": one_of("variance", "es"),
    "horizon_sessions": whole(1, 252),
    "side": one_of("both", "short", "long"),
    "budget_frac": number(0.001, 100.0),
    "hurdle_sharpe": number(0.01, 100.0),
    "lookback": whole(LEAST_SESSIONS, 2520),
    "as_of": maybe(DAY),
    "placebos": whole(19, 9999),
    "placebo": one_of(*(kind.value for kind in Placebo)),
    "level": number(0.5, 0.995),
    "seed": whole(0, 2**62),
    "option_kinds": NAMES,
    "chain": maybe(PATH),
}


@dataclass(frozen=True)
class HedgeSearch:
    """What is searched for.

    names: how many names a hedge may have, "1:5", 3 or range(1, 6); among: buckets or tickers, empty = the whole
    universe; adv_frac: most of a name's average daily value that is held of it, None = no limit; borrow_annual: a name
    whose fee is higher is not sold short, None = no limit; neutral: factors that the hedged book may not be exposed to,
    market, semis ..., and dollar for a net value of zero, at most three; objective: variance, or es for the least
    expected shortfall at `level` among the 1,000 best by variance; horizon_sessions: how long the hedge is held; side:
    both, short or long; budget_frac: most gross value of the hedge, as a fraction of the book's; hurdle_sharpe: the
    annual Sharpe ratio that risk must earn here, which is what less risk is worth; lookback: sessions that are looked
    at, up to as_of, the last session that is known (None: the last one of a book, the one before a trade's decision);
    placebos: how many placebo books are searched too; placebo: dates or beyond, see `Placebo`; seed: of their dates;
    option_kinds: "put:25d:60d,call:30d:45d", an option of each kind on every name is one more instrument, bought alone;
    chain: quotes of options, a file or a folder of one file a name, None = modelled quotes.
    """

    names: str | int | Sequence[int] = "1:5"
    among: tuple[str, ...] = ()
    adv_frac: float | None = 0.05
    borrow_annual: float | None = 0.08
    neutral: tuple[str, ...] = ()
    objective: str = "variance"
    horizon_sessions: int = 10
    side: str = "both"
    budget_frac: float = 1.0
    hurdle_sharpe: float = 1.0
    lookback: int = 252
    as_of: date | str | None = None
    placebos: int = 199
    placebo: str = "dates"
    level: float = 0.95
    seed: int = 0
    option_kinds: tuple[str, ...] = ()
    chain: str | Path | None = None

    def __post_init__(self) -> None:
        check_fields(self, ASKED)
        object.__setattr__(self, "names", _sizes(self.names))
        object.__setattr__(self, "among", listed_once(self.among))
        object.__setattr__(self, "neutral", listed_once(self.neutral))
        if isinstance(self.option_kinds, str) and not listed_once(self.option_kinds):
            raise ParameterError(
                "no option is named", where="options", value=self.option_kinds, bound="as in put:25d:60d,call:30d:45d",
                remedy="Name a kind, or leave it out to hedge with shares alone.",
            )  # fmt: skip
        kinds = tuple(str(parse_kind(text, "options")) for text in listed_once(self.option_kinds))
        object.__setattr__(self, "option_kinds", tuple(dict.fromkeys(kinds)))
        if self.chain is not None and not self.option_kinds:
            raise ParameterError(
                "there is no option among the instruments", where="chain", value=str(self.chain),
                remedy="Name a kind of option, as in put:25d:60d, or leave the chain out.",
            )  # fmt: skip
        if len(self.neutral) > MOST_RULES:
            raise ParameterError(
                "a hedge cannot be neutral to so many factors",
                where="neutral",
                value=", ".join(self.neutral),
                bound=f"at most {MOST_RULES}",
            )

    @classmethod
    def of(cls, **asked: Any) -> HedgeSearch:
        """The same of fields by name (`asked`). Raises ParameterError, with the closest, for one that there is not."""
        known = [one.name for one in fields(cls)]
        for name in asked:
            if name not in known:
                raise ParameterError(
                    "a search for a hedge has no such argument", where=name, remedy=did_you_mean(name, known)
                )
        return cls(**asked)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Numbers of names, in order."""
        return self.names  # type: ignore[return-value]

    @property
    def kinds(self) -> tuple[OptionKind, ...]:
        """The kinds of options, read."""
        return tuple(parse_kind(text) for text in self.option_kinds)

    def parameters(self) -> dict[str, Any]:
        """Every parameter by name, JSON-ready."""
        of_options = ("option_kinds", "chain")
        names = [one.name for one in fields(self) if one.name not in of_options or self.option_kinds]
        found = {name: getattr(self, name) for name in names}
        made = {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}
        if "chain" in made:
            made["chain"] = chain_name(self.chain)
        return {**made, "as_of": None if self.as_of is None else str(self.as_of)}


def _sizes(value: Any) -> tuple[int, ...]:
    """Numbers of names. Raises ParameterError for what is none."""
    found: list[int] = []
    try:
        if isinstance(value, str):
            for part in value.split(","):
                first, colon, last = part.partition(":")
                if colon and int(first) > int(last):
                    raise ParameterError(
                        f"the first number, {int(first)}, is above the last, {int(last)}", where="names", value=value,
                        bound=SIZES, remedy=f"Write {int(last)}:{int(first)}.",
                    )  # fmt: skip
                found += range(int(first), int(last if colon else first) + 1)
        elif isinstance(value, int):
            found = [value]
        else:
            found = [int(one) for one in value]
    except ValueError:
        found = []
    if not found or min(found) < 1 or max(found) > MOST_NAMES:
        shown = value if isinstance(value, str | int) else ", ".join(map(str, list(value)[:8]))
        raise ParameterError("this is not a number of names", where="names", value=shown, bound=SIZES)
    return tuple(sorted(set(found)))
