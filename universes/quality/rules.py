"""The rules of the quality gate in one table: what each finds, from which limits on, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs."""

    REFUSED = "refused"  # no command takes the file
    ERROR = "error"  # figures that use these prices are wrong; --strict fails
    WARNING = "warning"  # may be right; look at it


@dataclass(frozen=True)
class Rule:
    """One thing that is looked for. title: in words; finds: what counts, with {limit}; limits: by name; cheap: whether
    every command that reads prices looks for it too; remedy: what to do about it."""

    title: str
    severity: Severity
    finds: str
    remedy: str
    limits: Mapping[str, float] = field(default_factory=dict)
    cheap: bool = False

    @property
    def text(self) -> str:
        """What counts, with its limits."""
        return self.finds.format(**{name: f"{value:g}" for name, value in self.limits.items()})


FETCH = "Fetch these sessions again, or leave the ticker out."
# Chosen on eleven years of real daily prices of 84 tickers, on which no rule of severity error speaks of anything but
# prices that really are stale or bad prints; tests hold the rates at which planted faults are found.
RULES: dict[str, Rule] = {
    "bad_cell": Rule(
        "Cells that are no prices", Severity.REFUSED,
        "a date that is no session, a date that stands twice, text, a price not above zero, a negative volume",
        "Correct the cell that the message names.", cheap=True,
    ),
    "range": Rule(
        "Open, high, low and close contradict one another", Severity.REFUSED,
        "low above high, or open or close outside them by more than {share} of the price",
        "Adjust every field of a row by the same factor.", {"share": 1e-6}, cheap=True,
    ),
    "split": Rule(
        "Unadjusted split", Severity.REFUSED,
        "a move that a split makes, by price, neighbours, ordinary moves and turnover",
        "Divide the prices before it by the ratio, or confirm the move with --confirm-move.", cheap=True,
    ),
    "gap_long": Rule(
        "Long gap", Severity.ERROR, "{sessions} or more sessions in a row without a close, between two closes", FETCH,
        {"sessions": 10}, cheap=True,
    ),
    "gap": Rule(
        "Gap", Severity.WARNING, "sessions without a close between two closes, fewer than ten in a row", FETCH,
        {"sessions": 1},
    ),
    "ended": Rule(
        "Prices end early", Severity.WARNING,
        "the last close lies more than {sessions} sessions before that of the file, without a day of delisting",
        "Fetch it again, or write the day as `delisted` in the universe.", {"sessions": 5}, cheap=True,
    ),
    "stale_long": Rule(
        "Stale prices", Severity.ERROR, "{sessions} or more closes in a row that are the same", FETCH,
        {"sessions": 20}, cheap=True,
    ),
    "stale": Rule(
        "Closes that repeat", Severity.WARNING, "{sessions} or more closes in a row that are the same",
        "Look whether it traded; a source may carry the last price on.", {"sessions": 5},
    ),
    "backfill": Rule(
        "Back-filled history", Severity.ERROR,
        "the first {sessions} or more closes of a ticker are the same or lie on a straight line",
        "Remove the sessions before it was listed, or write first_session in the universe.", {"sessions": 15},
        cheap=True,
    ),
    "straight": Rule(
        "Interpolated prices", Severity.ERROR,
        "{sessions} or more steps in a row of the same size or the same rate, which is a gap that was filled",
        "Remove the filled sessions.", {"sessions": 5},
    ),
    "spike": Rule(
        "Spike that reverts", Severity.ERROR,
        "a close {scales} ordinary moves and {move} in logs away, back within {rest} of that at the next close, with "
        "volume below {volume} times its usual and neighbours that did not go along",
        "Correct the close; a decimal point or another ticker's price is the usual cause.",
        {"scales": 10, "move": 0.12, "rest": 0.25, "volume": 4},
    ),
    "spike_small": Rule(
        "Move that is taken back", Severity.WARNING,
        "a close {scales} ordinary moves and {move} in logs away, back within {rest} of that at the next close",
        "Look at the day.", {"scales": 8, "move": 0.10, "rest": 0.25},
    ),
    "no_volume_long": Rule(
        "Prices that move without volume", Severity.ERROR,
        "{sessions} or more sessions in a row with a volume of zero while closes change, of a ticker that has volume "
        "on others", FETCH, {"sessions": 10},
    ),
    "no_volume": Rule(
        "No volume", Severity.WARNING, "sessions with a close and a volume of zero",
        "Limits and impact that rest on volume treat it as unknown; leave the cell empty where it is.", {"sessions": 1},
    ),
    "copied_open": Rule(
        "Opens copied from the close before", Severity.WARNING,
        "{sessions} or more opens in a row that are the close before, while closes change",
        "Fills at opens mean nothing there; fill at closes, or fetch the opens.", {"sessions": 10},
    ),
    "identity": Rule(
        "Another company under the same ticker", Severity.ERROR,
        "after {sessions} or more sessions without a price the level has changed by {move} or more in logs",
        "Write first_session in the universe: earlier prices are then not used.", {"sessions": 20, "move": 0.5},
    ),
    "identity_jump": Rule(
        "Perhaps another company", Severity.WARNING,
        "the level changes by {move} or more in logs from one close to the next, and dollars traded by a factor of "
        "{volume} or more for the sixty sessions after",
        "Look whether the ticker changed hands; write first_session in the universe where it did.",
        {"move": 1.0, "volume": 10},
    ),
    "early": Rule(
        "Prices before the listing", Severity.WARNING, "closes before the first session that the universe states",
        "They are not used; correct first_session in the universe where it is wrong.", cheap=True,
    ),
    "same_series": Rule(
        "One series under two tickers", Severity.ERROR,
        "{share} of the closes of two tickers are the same, over {sessions} sessions or more, without being constant",
        "Remove the one that is not its own.", {"share": 0.95, "sessions": 40},
    ),
    "adjusted_drift": Rule(
        "Adjusted close that drifts", Severity.ERROR,
        "adjusted over quoted close falls, by less than {split} of itself, or changes on more than {share} of sessions",
        "Fetch both closes again in one go: they are of two days or of two tickers.", {"split": 0.2, "share": 0.3},
    ),
    "dividend_missing": Rule(
        "Dividend that the adjusted close lacks", Severity.ERROR,
        "a dividend of the file's own column at which adjusted over quoted close does not move by it, to {share} of it",
        "Fetch the adjusted close again, or give the quoted closes and --actions.", {"share": 0.25},
    ),
    "dividend_overdue": Rule(
        "Dividend that may be missing", Severity.WARNING,
        "adjusted over quoted close moved at even intervals, and then not for {late} of one longer",
        "Look whether a dividend was paid since; some sources adjust for the newest one late.", {"late": 0.25},
    ),
    "two_conventions": Rule(
        "Two ways of adjusting in one series", Severity.WARNING,
        "some dividends are adjusted for by the close before the ex-date, others by that of the ex-date",
        "Fetch the whole history again from one source.",
    ),
}  # fmt: skip


def rules_table() -> list[dict[str, object]]:
    """The table JSON-ready, a rule each, in its order."""
    return [
        {
            "rule": key,
            "title": rule.title,
            "severity": rule.severity.value,
            "finds": rule.text,
            "limits": dict(rule.limits),
            "always": rule.cheap,
            "remedy": rule.remedy,
        }
        for key, rule in RULES.items()
    ]
