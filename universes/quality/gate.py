"""Everything that the quality gate has to say of a market."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..market import Market
from .always import cheap_faults
from .fault import Fault
from .looked import looked_faults
from .rules import RULES, Severity

ORDER = (Severity.REFUSED.value, Severity.ERROR.value, Severity.WARNING.value)


def faults_of(market: Market, masked: Mapping[str, int] | None = None) -> tuple[Fault, ...]:
    """Every finding, errors first. masked: closes before the listing that were not used, by ticker."""
    found = [*cheap_faults(market), *looked_faults(market), *_early(market, masked or {})]
    place = {ticker: i for i, ticker in enumerate(market.tickers)}
    keys = list(RULES)
    return tuple(sorted(found, key=lambda f: (ORDER.index(f.severity), keys.index(f.rule), place.get(f.ticker, -1))))


def _early(market: Market, masked: Mapping[str, int]) -> Iterator[Fault]:
    rule = RULES["early"]
    for ticker, count in masked.items():
        member = market.universe.by_ticker[ticker][1]
        day = str(member.first_session)
        text = f"{ticker}: {count} closes before {day} are not used"
        yield Fault("early", rule.severity.value, rule.title, ticker, count, day, day, text, (text,), rule.remedy)


__all__ = ["Fault", "faults_of"]
