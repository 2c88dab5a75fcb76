"""Margin requirements of the same shares at many sets of prices."""

from __future__ import annotations

from ...arrays import Floats
from ..book.margin import maintenance
from ..book.records import Structs
from ..jit import kernel


@kernel
def requirements(prices: Floats, book: Structs, terms: Structs, tickers: Structs, out: Floats) -> None:
    """Fill out (S,) with the USD that the shares of `book` (N,) require at each row of prices (S, N)."""
    for s in range(prices.shape[0]):
        for i in range(prices.shape[1]):
            book[i].price = prices[s, i]
        out[s] = maintenance(book, terms[0], tickers)
