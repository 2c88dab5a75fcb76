"""An account of several owners in plain Python: who owns which shares, what they earn and what they pay."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

Asked = dict[tuple[int, int], list[float]]  # (session, mark): targets as fractions of NAV, NaN = leave alone


@dataclass
class Owner:
    """One strategy: what it asks for, its shares, and USD so far."""

    asked: Asked
    count: int
    targets: list[float] = field(init=False)
    shares: list[float] = field(init=False)
    moves: float = 0.0
    paid: float = 0.0

    def __post_init__(self) -> None:
        self.targets, self.shares = [0.0] * self.count, [0.0] * self.count


def run(
    owners: Sequence[Owner], opens: list[list[float]], closes: list[list[float]], capital: float, rate: float
) -> float:
    """Follow every mark, commission alone being paid, a fraction `rate` of what is traded; returns the last NAV."""
    cash, before = capital, [math.nan] * len(opens[0])
    for t in range(len(opens)):
        for mark, prices in ((0, opens[t]), (1, closes[t])):
            for one in owners:
                for i, held in enumerate(one.shares):
                    if held:
                        one.moves += held * (prices[i] - before[i])
            before = prices
            total = [sum(one.shares[i] for one in owners) for i in range(len(prices))]
            nav = cash + math.fsum(s * p for s, p in zip(total, prices, strict=True))
            for i, price in enumerate(prices):
                named = [one for one in owners if not math.isnan(one.asked.get((t, mark), [math.nan] * len(prices))[i])]
                for one in named:
                    one.targets[i] = one.asked[t, mark][i]
                if not named:
                    continue
                gaps = [one.targets[i] * nav / price - one.shares[i] for one in owners]
                net = math.fsum(gaps)
                # Who is on the side that wants more shares needs the market, in proportion; the rest is served inside.
                side = [gap if gap * net > 0 else 0.0 for gap in gaps]
                for one, gap, part in zip(owners, gaps, side, strict=True):
                    one.shares[i] += gap
                    one.paid += abs(net) * price * rate * (part / sum(side) if net else 0.0)
                cash -= net * price + abs(net) * price * rate
    return cash + math.fsum(sum(one.shares[i] for one in owners) * before[i] for i in range(len(before)))
