"""The embedded sample market as a source of prices: sample:, with another seed sample:?seed=7."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hedgebook.errors import PriceDataError

from ..arrays import Floats
from ..layouts.table import same_ticker
from ..market import FIELDS
from ..prices.read import RawTable, table_of_columns
from ..raw_file import whole_number
from .source import Needed
from .url import SourceURL


@dataclass(frozen=True)
class SampleSource:
    """The simulated market of a seed, None = the shipped one."""

    seed: int | None = None
    name: str = "sample"

    @classmethod
    def of(cls, url: SourceURL) -> SampleSource:
        """The source that a URL names. Raises PriceDataError for a seed that is no whole number."""
        url.only("seed")
        if url.rest.strip("/"):
            raise PriceDataError("the sample market has no parts", where="sample:", bound="sample:, sample:?seed=7")
        text = url.options.get("seed")
        seed = None if text is None else whole_number(text)
        if text is not None and seed is None:
            raise PriceDataError("a seed is a whole number", where="sample: seed", value=text, bound="0, 1, 2, ...")
        return cls(seed)

    @property
    def label(self) -> str:
        """What it is called in output."""
        return "sample" if self.seed is None else f"sample:?seed={self.seed}"

    def read(self, needed: Needed) -> RawTable:
        """The needed tickers, a row for each session on which one has a price."""
        import pyarrow as pa

        from ..sample import DEFAULT_SEED, sample_market

        market = sample_market(DEFAULT_SEED if self.seed is None else self.seed)
        kept = [t for t in market.tickers if needed.tickers is None or t in set(needed.tickers)]
        fields: list[Floats] = [getattr(market, field) for field in FIELDS]
        days, names, values = [], [], []
        for ticker in kept:
            column = market.column(ticker)
            block = np.column_stack([field[:, column] for field in fields])
            there = np.isfinite(block).any(axis=1)
            days.append(market.sessions[there])
            names.append(same_ticker(ticker, int(there.sum())).dictionary_decode())
            values.append(block[there])
        if not kept:
            return table_of_columns(self.label, ["date", "ticker", "close"], [pa.array([], pa.string())] * 3)
        whole = np.concatenate(values)
        columns = [pa.array(np.concatenate(days)), pa.concat_arrays(names)]
        columns += [pa.array(whole[:, i].copy(), from_pandas=True) for i in range(len(FIELDS))]
        table = table_of_columns(self.label, ["date", "ticker", *FIELDS], columns)
        sha256 = market.provenance.sha256
        every = None if needed.tickers is None else market.tickers
        return replace(table, sha256=sha256, every=every, simulated=True, note=market.provenance.note)
