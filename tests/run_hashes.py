"""`python -m tests.run_hashes [PRICES]`: a digest of the NAV of six trades on every event, bit for bit.

For work that must not change a number: print the digests before and after it, and compare the two lists.
"""

from __future__ import annotations

import hashlib
import sys

import numpy as np

import hedgebook as hb

# Named one by one, so that a trade that joins the catalogue leaves the digest of all lines as it is.
TRADES = (
    "long-meta-short-neocloud",
    "long-meta-short-memory",
    "long-meta-short-equipment",
    "long-meta-short-miner",
    "long-meta-short-compute",
    "long-hyperscaler-short-neocloud",
)
# The costs whose borrow fees have no dates, so that a fee that becomes known leaves the digests as they are.
ACCOUNTS = (("flat", "plain"), ("none", "plain"), ("flat", "strict"))


def digest(*arrays: np.ndarray) -> str:
    """The first 16 hex digits of the SHA-256 of the arrays' bytes."""
    together = hashlib.sha256()
    for array in arrays:
        together.update(np.ascontiguousarray(array).tobytes())
    return together.hexdigest()[:16]


def run_digest(name: str, event: str, costs: str, account: str, market: hb.Market) -> str:
    """The digest of one run's NAV, or the kind of error that it ends in."""
    try:
        run = hb.backtest(hb.trade(name, event=event), market, costs, account)
    except hb.InputError as error:
        return type(error).__name__
    return digest(run.backtest.nav.to_numpy())


def main() -> None:
    """Print a line a run, a line for a sweep, and the digest of all lines."""
    market = hb.load_market(sys.argv[1]) if len(sys.argv) > 1 else hb.sample_market()
    lines = []
    for name in TRADES:
        for event in hb.events():
            for costs, account in ACCOUNTS:
                found = run_digest(name, event.id, costs, account, market)
                lines.append(f"{name} {event.id} {costs} {account} {found}")
    swept = hb.sweep("long-meta-short-neocloud", market, "flat", gross="0.5:2:0.25", hold="2:20:2")
    frame = swept.table.select_dtypes("number").drop(columns="stale_positions")
    lines.append(f"sweep of {len(frame)} sets {digest(frame.to_numpy(dtype=float))}")
    print("\n".join(lines))
    print("all", hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16])


if __name__ == "__main__":
    main()
