"""A search for a hedge from beginning to end: sample, all baskets, luck, events left out, plain hedges."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from hedgebook.engine.arrays import Floats
from hedgebook.engine.finder.pieces import Pieces, SearchJob, run_search
from hedgebook.engine.finder.placebo import Placebo, placebo_books
from hedgebook.engine.finder.problem import HedgeProblem
from hedgebook.engine.finder.search import Piece, Search, optima
from hedgebook.engine.finder.shortfall import expected_shortfall, least_shortfall
from hedgebook.errors import ParameterError
from hedgebook.universes.counted import counted

from ..strategy.setting import RunSetting
from .events import event_blocks, leave_out
from .request import MOST_BASKETS, HedgeSearch
from .result import Basket, Counts, HedgeFound, LeftOut, Step, pooled
from .sample import Sample, sample_of
from .subject import Subject, subject_of

# Baskets, the best by variance, of which the least expected shortfall is worked out, and of which a folder has a table.
BEST_KEPT = 1000
ON_LIMIT = 1e-9
# Net effectiveness of baskets that are the same but for rounding.
SAME_NET = 1e-9


@dataclass(frozen=True)
class Running:
    """How a search is run; none of it changes a number.

    threads: of this machine; scheduler: address of a Dask scheduler instead; folder: where pieces are kept while it
    runs, None = in memory; resume: go on with those; progress: called with baskets done, baskets in all and seconds;
    tell: called with what is done next, in words; replaces: whether the result is to replace an earlier one.
    """

    threads: int = 2
    scheduler: str | None = None
    folder: Path | None = None
    resume: bool = False
    progress: Callable[[int, int, float], None] | None = None
    tell: Callable[[str], None] | None = None
    replaces: bool = False


class SearchStopped(KeyboardInterrupt):
    """A search was stopped. done, count: baskets; folder: where what is done is kept, None = nowhere."""

    def __init__(self, done: int, count: int, folder: Path | None) -> None:
        self.done, self.count, self.folder = done, count, folder
        kept = "" if folder is None else f"; they are kept in {folder}: go on with --resume"
        super().__init__(f"stopped after {done:,} of {counted(count, 'basket')}{kept}")


def find(thing: Any, asked: HedgeSearch, setting: RunSetting, how: Running) -> HedgeFound:
    """Search all baskets for a book or a trade. Raises an InputError for what cannot be used, SearchStopped."""
    subject = subject_of(thing, setting, asked)
    sample = sample_of(subject, setting.costs, asked)
    problem = sample.problem
    sizes = tuple(size for size in asked.sizes if size <= len(problem.instruments))
    if not sizes:
        raise ParameterError(
            "there are fewer names than a hedge shall have", where="names", value=min(asked.sizes),
            bound=f"at most {len(problem.instruments)}, as many as can be used", remedy="Ask for fewer, or name more.",
        )  # fmt: skip
    plain = [one.instruments[0].returns for one in sample.plain.values()]
    placebo = placebo_books(
        problem.book, np.column_stack(plain) if plain else np.empty((len(problem.book), 0)), asked.placebos,
        Placebo(asked.placebo), asked.seed,
    )  # fmt: skip
    search = Search(problem.books(np.vstack([problem.book, placebo])), sizes)
    if search.count > MOST_BASKETS:
        raise ParameterError(
            "these are too many baskets", where="names, among", value=f"{search.count:,}", bound=f"{MOST_BASKETS:,}",
            remedy=f"Ask for fewer names than {max(sizes)}, or name buckets with --among.",
        )  # fmt: skip
    found = _searched(search, known(subject, sample, asked, search), how)
    if not np.isfinite(found.best[0]).any():
        Pieces(how.folder).clear()
        raise _none_keeps(asked, sample)
    return _made(asked, subject, sample, search, found, setting, how)


def known(subject: Subject, sample: Sample, asked: HedgeSearch, search: Search) -> Mapping[str, Any]:
    """Everything that decides what the pieces of a search hold."""
    arrays = sha256()
    for values in search.books:
        arrays.update(np.ascontiguousarray(values).tobytes())
    return {
        "book": subject.name,
        "as_of": str(sample.market.sessions[-1]),
        **asked.parameters(),
        "instruments": list(sample.problem.names),
        "numbers": arrays.hexdigest(),
    }


def _searched(search: Search, told: Mapping[str, Any], how: Running) -> Piece:
    job, pieces = SearchJob(search, told), Pieces(how.folder, how.replaces)
    _tell(how, "Looking for good baskets to begin with")
    search.start  # noqa: B018 - once, before threads ask for it
    outcome = run_search(
        job, pieces, threads=how.threads, resume=how.resume, scheduler=how.scheduler, progress=how.progress
    )
    if outcome.interrupted:
        raise SearchStopped(outcome.done_sets, search.count, how.folder)
    return search.together(pieces.in_order())


def _tell(how: Running, words: str) -> None:
    if how.tell is not None:
        how.tell(words)


def _none_keeps(asked: HedgeSearch, sample: Sample) -> ParameterError:
    kept = f"neutral to {', '.join(asked.neutral)} within its limits" if asked.neutral else "within its limits"
    names = counted(len(sample.problem.instruments), "name")
    return ParameterError(
        f"no basket of {', '.join(map(str, asked.sizes))} of {names} is {kept}",
        where="neutral, adv_frac, budget_frac",
        value=f"{', '.join(asked.neutral) or 'none'}; {asked.adv_frac}; {asked.budget_frac}",
        remedy="Allow more names, a larger budget or share of volume, or ask for fewer factors.",
    )


def _made(
    asked: HedgeSearch, subject: Subject, sample: Sample, search: Search, found: Piece, setting: RunSetting,
    how: Running,
) -> HedgeFound:  # fmt: skip
    problem, gross = sample.problem, sample.gross_usd
    order = np.argsort(found.values, kind="stable")[:BEST_KEPT]
    order = order[np.isfinite(found.values[order])]
    baskets = search.baskets([int(k) for k in order])
    _, weights = optima(search.books, 0, baskets)
    top = [basket_of(sample, one, w[: len(one)]) for one, w in zip(baskets, weights, strict=True)]
    best = {size: _best_of(sample, search, found, size) for size in search.sizes}
    if asked.objective == "es":
        chosen = {one.names: one for one in (*top, *(b for b in best.values() if b is not None))}
        top = _by_shortfall(sample, list(chosen.values()), asked, how)
        best = {size: next((one for one in top if len(one.names) == size), None) for size in search.sizes}
        top = top[:BEST_KEPT]
    top = _fewest_first(top, best)
    blocks = event_blocks(sample, setting.library, asked.horizon_sessions)
    left = leave_out(
        sample, blocks, top[0].names, asked,
        lambda k: _tell(how, f"Searching anew without one event, {k + 1} of {len(blocks)}"),
    )  # fmt: skip
    luck = -found.best[1:]
    steps = tuple(
        Step(
            size,
            best[size],
            _or_nan(-found.best[0, size]),
            tuple(float(x) for x in luck[:, size]),
            _searched_without(left, size),
        )
        for size in search.sizes
    )
    plain = {}
    for name, one in sample.plain.items():
        hedge = _plain(sample, one, asked)
        if hedge is not None:
            plain[name] = hedge
    deviation = float(np.std(problem.book, ddof=1)) * math.sqrt(asked.horizon_sessions) * gross
    counts = Counts(
        baskets=len(found.values),
        feasible=int(np.isfinite(found.values).sum()),
        placebo=len(found.values) * asked.placebos,
        placebo_solved=int(found.solved.sum()),
        tried=found.tried,
    )
    return HedgeFound(
        asked=asked, subject=subject, sample=sample, steps=steps, top=tuple(top), plain=plain, left_out=left,
        counts=counts, notes=(*_notes(asked, sample, setting, left), *_without(sample, top)), horizon_usd=deviation,
        risk_price=problem.terms.risk_price, costs_name=setting.costs.name,
    )  # fmt: skip


def basket_of(sample: Sample, basket: tuple[int, ...], weights: Floats, problem: HedgeProblem | None = None) -> Basket:
    """A basket with its weights (n,), fractions of the book's gross value, in USD and with what it does."""
    whole = sample.problem if problem is None else problem
    part = whole.only([whole.names[i] for i in basket])
    hedged = part.book + part.returns @ weights
    taken = 1.0 - float(np.var(hedged) / np.var(part.book))
    cost = part.costs(weights)
    limits = [
        one.name
        for one, w in zip(part.instruments, weights, strict=True)
        if w and (w <= one.low_frac + ON_LIMIT or w >= one.high_frac - ON_LIMIT)
    ]
    return Basket(
        weights_usd={name: float(w) * sample.gross_usd + 0.0 for name, w in zip(part.names, weights, strict=True)},
        effectiveness=taken,
        cost_usd=cost * sample.gross_usd,
        net=taken - part.cost_weight() * cost,
        at_limit=tuple(limits),
    )


def _best_of(sample: Sample, search: Search, found: Piece, size: int) -> Basket | None:
    basket = tuple(sorted(int(i) for i in found.names[0, size, :size]))
    if basket[0] < 0:
        return None
    return basket_of(sample, basket, optima(search.books, 0, [basket])[1][0, :size])


def _fewest_first(top: list[Basket], best: Mapping[int, Basket | None]) -> list[Basket]:
    """The same baskets, of those that are as good as the best the one of fewest names first.

    One name more may hold nothing: the last digit then decides which of many equal baskets stands first. best: by
    number of names.
    """
    known = [one for _, one in sorted(best.items()) if one is not None]
    lean = next((one for one in known if one.net >= top[0].net - SAME_NET), top[0])
    if len(lean.names) >= len(top[0].names):
        return top
    return [lean, *(one for one in top if one.names != lean.names)][:BEST_KEPT]


def _by_shortfall(sample: Sample, baskets: list[Basket], asked: HedgeSearch, how: Running) -> list[Basket]:
    """The same baskets with the weights of least expected shortfall, best first."""
    found = []
    problem = sample.problem
    for k, one in enumerate(baskets):
        if k % 20 == 0:
            _tell(how, f"Least expected shortfall, basket {k + 1:,} of {len(baskets):,}")
        hedge = _least_shortfall(sample, problem.only(one.names), asked)
        if hedge is not None:
            found.append(hedge)
    return [one for _, one in sorted(found, key=lambda one: one[0])]


def _least_shortfall(sample: Sample, problem: HedgeProblem, asked: HedgeSearch) -> tuple[float, Basket] | None:
    least = least_shortfall(problem, asked.level)
    if least is None:
        return None
    made = basket_of(sample, tuple(range(len(problem.instruments))), least.weights, problem)
    before = expected_shortfall(problem.book, asked.level)
    after = expected_shortfall(problem.book + problem.returns @ least.weights, asked.level)
    fields = {**vars(made), "shortfall": 1.0 - after / before, "net": 1.0 - least.value}
    return least.value, Basket(**fields)


def _plain(sample: Sample, problem: HedgeProblem, asked: HedgeSearch) -> Basket | None:
    if asked.objective == "es":
        found = _least_shortfall(sample, problem, asked)
        return None if found is None else found[1]
    values, weights = optima(problem.books(), 0, [(0,)])
    return basket_of(sample, (0,), weights[0, :1], problem) if np.isfinite(values[0]) else None


def _or_nan(value: float) -> float:
    return float(value) if math.isfinite(value) else math.nan


def _searched_without(left: tuple[LeftOut, ...], size: int) -> float:
    return pooled([one.searched.get(size, math.nan) for one in left], [one.book for one in left])


def _without(sample: Sample, top: list[Basket]) -> tuple[str, ...]:
    """That no option is among the best baskets, where some were searched and none is."""
    held = any(usd and name in sample.options for one in top for name, usd in one.weights_usd.items())
    return () if held or not sample.options else (f"options: none is in any of the {len(top):,} best baskets",)


def _notes(asked: HedgeSearch, sample: Sample, setting: RunSetting, left: tuple[LeftOut, ...]) -> tuple[str, ...]:
    notes = list(setting.notes)
    reasons: dict[str, list[str]] = {}
    for ticker, reason in sample.left_out.items():
        reasons.setdefault(reason, []).append(ticker)
    notes += [f"{', '.join(tickers)} left out: {reason}" for reason, tickers in reasons.items()]
    count = len(sample.rows)
    if count < asked.lookback:
        notes.append(
            f"{counted(count, 'session')} of the {asked.lookback} up to {sample.market.sessions[-1]} were used: those "
            "on which the book, every name and every factor have a return"
        )
    if sample.options:
        notes.append(f"options: {sample.quotes}; {counted(len(sample.options), 'option')} among the instruments")
        notes += sample.board.notes
    if not left:
        notes.append("no event of the library lies in the sample, so no hedge was judged out of sample")
    if setting.costs.least_order_usd > 0.0:
        notes.append("the least commission of an order is not part of the expected cost, which is linear")
    if asked.objective == "es":
        notes.append(
            f"expected shortfall was minimised for the best {BEST_KEPT:,} baskets by variance, not for all; luck and "
            "the search without an event are by variance"
        )
    missing = [name for name in asked.neutral if len(asked.neutral) > max(asked.sizes)]
    if missing:
        notes.append(f"{counted(len(asked.neutral), 'equation')} leave baskets of fewer names without a solution")
    return tuple(dict.fromkeys(notes))
