"""Everything that the quality gate has to say of a market."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..layouts.beside import Beside
from ..market import Market
from .always import cheap_faults
from .drift import drift_faults
from .fault import Fault, fault
from .looked import looked_faults
from .ranges import contradictions
from .rules import RULES, Severity

Split = tuple[str, str, str]
ORDER = (Severity.REFUSED.value, Severity.ERROR.value, Severity.WARNING.value)


def faults_of(
    market: Market, masked: Mapping[str, int] | None = None, splits: Sequence[Split] = (), beside: Sequence[Beside] = ()
) -> tuple[Fault, ...]:
    """Every finding, what no command takes first. masked: closes before the listing that were not used, by ticker;
    splits: unadjusted ones, ticker, session and what was seen; beside: quoted and adjusted closes of the
    file."""
    found = [*cheap_faults(market), *looked_faults(market), *_early(market, masked or {})]
    found += [*contradictions(market), *_splits(market, splits), *drift_faults(beside, market.columns)]
    place = {ticker: i for i, ticker in enumerate(market.tickers)}
    keys = list(RULES)
    return tuple(sorted(found, key=lambda f: (ORDER.index(f.severity), keys.index(f.rule), place.get(f.ticker, -1))))


def _splits(market: Market, splits: Sequence[Split]) -> Iterator[Fault]:
    for ticker in dict.fromkeys(one[0] for one in splits):
        own = [one for one in splits if one[0] == ticker]
        rows = [market.session_index(session) for _, session, _ in own]
        yield fault(market, "split", ticker, [(row, row) for row in rows], [seen for *_, seen in own])


def _early(market: Market, masked: Mapping[str, int]) -> Iterator[Fault]:
    rule = RULES["early"]
    for ticker, count in masked.items():
        member = market.universe.by_ticker[ticker][1]
        day = str(member.first_session)
        text = f"{ticker}: {count} closes before {day} are not used"
        yield Fault("early", rule.severity.value, rule.title, ticker, count, day, day, text, (text,), rule.remedy)


__all__ = ["Fault", "Split", "faults_of"]
