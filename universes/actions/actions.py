"""Corporate actions as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import InputError, PriceDataError, did_you_mean

from ..brief import brief
from ..checks import LIST_OF_NAMES, PATH, TEXT, as_array, check, either, instance

if TYPE_CHECKING:
    import pandas as pd

ACTIONS = either(
    PATH,
    either(
        instance("pandas", "DataFrame", "a DataFrame"),
        instance("hedgebook.universes.actions.actions", "Actions", "hb.Actions"),
    ),
)
COLUMNS = ("date", "ticker", "kind", "value", "into", "price", "cash")


def letters_of(name: str) -> str:
    """The letters and digits of a name in small letters, by which spellings are compared."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


class ActionKind(StrEnum):
    """What happens to a share; how `value` is meant stands beside each."""

    DIVIDEND = "dividend"  # cash a share
    SPLIT = "split"  # new shares for an old one
    SPINOFF = "spinoff"  # shares of `into` that each share brings
    SYMBOL = "symbol"  # shares of `into` that a share becomes, 1 where nothing is said
    MERGER = "merger"  # shares of `into` that a share becomes, beside `cash`
    DELISTING = "delisting"  # cash that a share brings at its end


SPELLINGS = {
    **{kind.value: kind for kind in ActionKind},
    "cashdividend": ActionKind.DIVIDEND,
    "div": ActionKind.DIVIDEND,
    "specialdividend": ActionKind.DIVIDEND,
    "stocksplit": ActionKind.SPLIT,
    "reversesplit": ActionKind.SPLIT,
    "delisted": ActionKind.DELISTING,
    "symbolchange": ActionKind.SYMBOL,
    "rename": ActionKind.SYMBOL,
    "acquisition": ActionKind.MERGER,
}
# What a kind delivers stands under another ticker.
DELIVERS = (ActionKind.SPINOFF, ActionKind.SYMBOL, ActionKind.MERGER)


@brief
@dataclass(frozen=True, eq=False)
class Actions:
    """Splits, cash dividends, spin-offs, changes of symbol, mergers and delistings; A rows in the order of their dates.

    dates: (A,) datetime64[D], ex-dates: what happens does so before that day's open; tickers, kinds: (A,) kinds as
    `ActionKind`; values: (A,) shares or currency a share, see ActionKind; a dividend is one of the shares after a split
    of the same day; into: (A,) the ticker that shares of come, "" where none do; price: (A,) worth of one share that is
    delivered, NaN = its own first price; cash: (A,) what a merger pays a share beside shares, 0 = nothing. source,
    sha256, places: where they came from, and what each row is called there. Raises PriceDataError that names the row
    for what cannot be.
    """

    dates: NDArray[np.datetime64]
    tickers: tuple[str, ...]
    kinds: tuple[str, ...]
    values: NDArray[np.float64]
    into: tuple[str, ...] = ()
    price: NDArray[np.float64] | None = None
    cash: NDArray[np.float64] | None = None
    source: str = "<Actions>"
    sha256: str = ""
    places: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check("tickers", self.tickers, LIST_OF_NAMES, PriceDataError)
        count = len(self.tickers)
        for name in ("into", "places"):
            check(name, getattr(self, name), LIST_OF_NAMES, PriceDataError)
            if not len(getattr(self, name)):
                default = [f"row {row + 1}" if name == "places" else "" for row in range(count)]
                object.__setattr__(self, name, tuple(default))
        check("kinds", self.kinds, LIST_OF_NAMES, PriceDataError)
        for name in ("tickers", "kinds", "into", "places"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        check("source", self.source, TEXT, PriceDataError)
        for name, empty in (("price", np.nan), ("cash", 0.0)):
            if getattr(self, name) is None:
                object.__setattr__(self, name, np.full(count, empty))
        for name in ("dates", "values", "price", "cash"):
            kind: Any = "datetime64[D]" if name == "dates" else np.float64
            object.__setattr__(self, name, as_array(getattr(self, name), kind, name, PriceDataError))
        for name in ("dates", "kinds", "values", "into", "price", "cash", "places"):
            if len(getattr(self, name)) != count:
                what = "actions need one entry a row in every column"
                raise PriceDataError(what, where=name, value=len(getattr(self, name)), bound=str(count))
        object.__setattr__(self, "kinds", tuple(self._kind(row) for row in range(count)))
        self._check_rows()
        order = np.argsort(self.dates, kind="stable")
        if (np.diff(order) < 0).any():
            self._take(order)
        for name in ("dates", "values", "price", "cash"):
            values = getattr(self, name).view()
            values.flags.writeable = False
            object.__setattr__(self, name, values)

    def _take(self, order: NDArray[np.int64]) -> None:
        for name in ("dates", "values", "price", "cash"):
            object.__setattr__(self, name, getattr(self, name)[order])
        for name in ("tickers", "kinds", "into", "places"):
            object.__setattr__(self, name, tuple(getattr(self, name)[i] for i in order.tolist()))

    def _kind(self, row: int) -> ActionKind:
        text = self.kinds[row]
        found = SPELLINGS.get(letters_of(text))
        if found is None:
            raise self.wrong(
                row, "there is no such kind of action", value=text, remedy=did_you_mean(text.lower(), list(ActionKind))
            )
        return found

    def _check_rows(self) -> None:
        """Refuse what cannot be, all at once."""
        problems: list[InputError] = []
        seen: dict[tuple[Any, ...], str] = {}
        for row, kind in enumerate(self.kinds):
            value, cash, price = float(self.values[row]), float(self._cash[row]), float(self._price[row])
            key = (self.dates[row].item(), self.tickers[row], kind, value, self.into[row], cash)
            delivers = kind in DELIVERS
            if np.isnat(self.dates[row]):
                problems.append(self.wrong(row, "an action has no date"))
            elif not self.tickers[row]:
                problems.append(self.wrong(row, "an action has no ticker"))
            elif not np.isfinite(value) or value < 0.0 or (value == 0.0 and kind is not ActionKind.DELISTING):
                problems.append(
                    self.wrong(row, f"the value of a {kind} is not usable", value=value, bound=BOUNDS[ActionKind(kind)])
                )
            elif delivers != bool(self.into[row]):
                what = f"a {kind} names the ticker that comes of it" if delivers else f"a {kind} delivers no ticker"
                problems.append(self.wrong(row, what, value=self.into[row], remedy="See the column into."))
            elif delivers and self.into[row] == self.tickers[row]:
                problems.append(self.wrong(row, f"the {kind} leads to the ticker itself", value=self.into[row]))
            elif cash < 0.0 or not np.isfinite(cash) or (cash > 0.0 and kind is not ActionKind.MERGER):
                problems.append(self.wrong(row, "cash beside shares belongs to a merger, above 0", value=cash))
            elif not np.isnan(price) and (price <= 0.0 or not np.isfinite(price) or not delivers):
                problems.append(self.wrong(row, "price is that of one delivered share, above 0", value=price))
            elif key in seen:
                problems.append(self.wrong(row, f"the action stands twice, as in {seen[key]}", value=self.tickers[row]))
            seen.setdefault(key, self.places[row])
        if problems:
            first = problems[0]
            raise PriceDataError(
                first.what, where=first.where, value=first.value, bound=first.bound, remedy=first.remedy,
                also=problems[1:],
            )  # fmt: skip

    def wrong(
        self, row: int, what: str, *, value: object = None, bound: str | None = None, remedy: str | None = None
    ) -> PriceDataError:
        """The error of a row: what is wrong with it, its value, the bound that it breaks and a remedy."""
        return PriceDataError(
            what, where=f"{self.source}, {self.places[row]}", value=value, bound=bound, remedy=remedy or None
        )

    @property
    def _price(self) -> NDArray[np.float64]:
        return np.asarray(self.price)

    @property
    def _cash(self) -> NDArray[np.float64]:
        return np.asarray(self.cash)

    def __len__(self) -> int:
        return len(self.tickers)

    def only(self, rows: NDArray[np.int64], dates: NDArray[np.datetime64] | None = None) -> Actions:
        """Some rows, with other dates where these are given."""
        at = rows.tolist()
        tickers, kinds, into, places = (
            tuple(column[i] for i in at) for column in (self.tickers, self.kinds, self.into, self.places)
        )
        return replace(
            self,
            dates=(self.dates if dates is None else dates)[rows],
            tickers=tickers,
            kinds=kinds,
            values=self.values[rows],
            into=into,
            price=self._price[rows],
            cash=self._cash[rows],
            places=places,
        )

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The rows as a table with the columns of a file of actions."""
        import pandas as pd

        columns: tuple[Any, ...] = (
            self.dates,
            self.tickers,
            self.kinds,
            self.values,
            self.into,
            self._price,
            self._cash,
        )
        frame = pd.DataFrame({name: list(column) for name, column in zip(COLUMNS, columns, strict=True)})
        return frame.assign(date=pd.to_datetime(frame["date"]), kind=[str(kind) for kind in self.kinds])


BOUNDS = {
    ActionKind.DIVIDEND: "cash a share, above 0",
    ActionKind.SPLIT: "new shares for an old one, above 0: 10 for a 10:1 split, 0.1 for a 1:10 one",
    ActionKind.SPINOFF: "shares of the new ticker for each share, above 0",
    ActionKind.SYMBOL: "shares of the new ticker for each share, above 0, or nothing for 1",
    ActionKind.MERGER: "shares of the new ticker for each share, above 0",
    ActionKind.DELISTING: "cash that a share brings at its end, from 0",
}
