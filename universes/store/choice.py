"""Which prices a command uses where none are named: those of the store where it has the universe, else the sample."""

from __future__ import annotations

from hedgebook.errors import InputError, ParameterError

from ..universe import load_universe
from .moments import moment_of, moment_text
from .place import store_file
from .store import PriceStore


def chosen_prices(universe: str) -> tuple[str | None, str | None]:
    """The URL of the store, None = the sample market, and a sentence that says which of the two it is.

    The store has a universe where each of its members was fetched for; members that the source had no prices of are
    said as of any prices. A store that cannot be read is said, and not used.
    """
    try:
        members = load_universe(universe).tickers
        store = PriceStore()
        lacking = store.lacks(members)
        if not lacking:
            return (
                "store:",
                f"prices are those of the price store, {store.path}, retrieved {moment_text(store.latest())}",
            )
    except InputError as problem:
        if problem.where is None or str(store_file()) not in str(problem.where):
            raise
        return None, f"the price store is not used: {problem.what}; these are prices of the sample market"
    some = ", ".join(lacking[:4]) + (f" and {len(lacking) - 4} more" if len(lacking) > 4 else "")
    return None, f"the price store lacks {some}; these are prices of the sample market"


def as_of_url(prices: str | None, as_of: str) -> str:
    """The URL of the store as of a moment. Raises ParameterError for prices of another source."""
    moment = moment_text(moment_of(as_of, "--data-as-of"))
    if prices is None:
        prices = "store:"
    if not prices.startswith("store:") or "as_of=" in prices:
        what = "only the price store remembers what was known at a moment"
        bound = "--prices store: or none; as_of stands in one place"
        raise ParameterError(what, where="--data-as-of", value=as_of, bound=bound)
    return f"{prices}{'&' if '?' in prices else '?'}as_of={moment}"
