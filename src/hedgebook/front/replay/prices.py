"""Prices as JSON: how they were loaded, and the hash of every ticker's; and the same prices loaded again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hedgebook.errors import HedgebookError, RunFolderError, without_secrets
from hedgebook.universes.fingerprint import NAMED, differences, of_market, of_universe
from hedgebook.universes.fingerprint.asked import asked_of
from hedgebook.universes.fingerprint.program import version_of
from hedgebook.universes.market import Market

from .encode import IS, Shared, also_encode, encode, encode_file

MOST_NAMED = 3


def encode_market(market: Market) -> dict[str, Any]:
    """Prices by how they were loaded and by what they are; the universe with its file's content.

    A market is frozen: what was found of it once is kept with it.
    """
    kept: dict[str, Any] | None = market.__dict__.get("_encoded")
    if kept is None:
        kept = Shared(_encoded(market))
        object.__setattr__(market, "_encoded", kept)
    return kept


def _encoded(market: Market) -> dict[str, Any]:
    asked = asked_of(market)
    source = market.provenance
    found: dict[str, Any] = {
        IS: "prices",
        "loaded": None,
        "universe": {**of_universe(market.universe), "value": encode(market.universe)},
        "prices": of_market(market),
        "calendar": {"exchange": "XNYS", "exchange_calendars": version_of("exchange_calendars")},
    }
    if asked is not None and "seed" in asked:
        found["loaded"] = {"sample": True, "seed": asked["seed"]}
    elif asked is not None:
        found["loaded"] = {NAMED: None, **{name: _argument(name, value) for name, value in asked.items()}}
    elif source.source == "sample" and source.simulated:
        found["loaded"] = {"sample": True}
    # The file is told, and its arrays decide: the same prices in another file are the same.
    found[NAMED] = {"file_sha256": source.sha256, "source": source.source}
    return found


def _argument(name: str, value: Any) -> Any:
    if name == "path":
        text = str(value)
        return {NAMED: without_secrets(text) if "://" in text else str(Path(text).absolute())}
    if name == "universe" and isinstance(value, str | Path):
        path = Path(value)
        shipped = not (path.suffix or len(path.parts) > 1)
        return str(value) if shipped else encode_file(path)
    return encode_file(value) if name == "actions" else encode(value)


def market_of(told: Mapping[str, Any], read: Any, where: str, instead: Mapping[str, Any] | None = None) -> Market:
    """The prices that a manifest tells of, from where they were read then.

    read: what decodes an argument; instead: path or universe in place of those of then. Raises RunFolderError where
    they cannot be had again, with the remedy.
    """
    loaded, instead = told.get("loaded"), dict(instead or {})
    known = isinstance(loaded, Mapping) and not loaded.get("sample")
    if "path" not in instead and not known:
        if isinstance(loaded, Mapping) and not instead:
            from hedgebook.universes.sample import DEFAULT_SEED, sample_market

            return sample_market(loaded.get("seed", DEFAULT_SEED))
        raise _unreachable(where, "the prices came from a table or were changed in a script")
    then = {name: value for name, value in loaded.items() if name != NAMED} if known else {}  # type: ignore[union-attr]
    path = str(instead.pop("path", None) or then.get("path", {}).get(NAMED))
    then.pop("path", None)
    if path.endswith("***"):
        raise _unreachable(where, f"the prices came from {path}, whose user and key are not written down")
    if "://" not in path and not set("*?[") & set(path) and not Path(path).exists():
        raise _unreachable(where, f"the price file {path} is not there")
    from hedgebook.universes.prices import load_market

    try:
        arguments = {name: read(value, name) for name, value in then.items() if name not in instead}
        if not known:
            arguments = {"universe": read(told["universe"]["value"])}
        return load_market(path, **(arguments | instead))
    except HedgebookError as problem:
        raise _unreachable(where, f"the prices cannot be read again: {problem}") from problem


def keep_loaded(market: Market, told: Mapping[str, Any]) -> None:
    """Write down now what a market is, with the places that a manifest tells: the files it was read from may be copies
    that are gone in a moment."""
    object.__setattr__(market, "_encoded", Shared({**_encoded(market), "loaded": told["loaded"]}))


def same_prices(told: Mapping[str, Any], market: Market) -> str:
    """What differs between the prices and the universe of a manifest and those of a market, empty for nothing."""
    here = {"prices": of_market(market), "universe": of_universe(market.universe)}
    there = {"prices": told["prices"], "universe": {k: v for k, v in told["universe"].items() if k != "value"}}
    found = [str(one) for one in differences("", there, here)]
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return "; ".join(found[:MOST_NAMED]) + more


def _unreachable(where: str, what: str) -> RunFolderError:
    remedy = "Give the same prices: --prices FILE --universe NAME, or market=hb.load_market(...) in Python."
    return RunFolderError(what, where=where, remedy=remedy)


also_encode("prices", lambda value: isinstance(value, Market), encode_market)
