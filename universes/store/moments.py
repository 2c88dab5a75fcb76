"""Moments at which prices were retrieved, in UTC: from text and to text."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from hedgebook.errors import PriceDataError, without_secrets

BOUND = "a day as in 2026-07-01, all of it (UTC), or a moment as in 2026-07-01T13:30:00Z"


def moment_of(given: str | date | datetime, where: str) -> datetime:
    """A moment in UTC; a day means its end, a moment without a zone is UTC. Raises PriceDataError for other text."""
    if isinstance(given, str):
        text = given.strip()
        try:
            given = date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
        except ValueError:
            shown = without_secrets(text)
            raise PriceDataError("this is no day and no moment", where=where, value=shown, bound=BOUND) from None
    if not isinstance(given, datetime):
        return datetime.combine(given, time.max, UTC)
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)


def moment_text(moment: datetime) -> str:
    """A moment as ISO text in UTC, to the microsecond."""
    return f"{plain_utc(moment).isoformat(timespec='microseconds')}Z"


def plain_utc(moment: datetime) -> datetime:
    """A moment in UTC without its zone, as the store keeps it."""
    return moment.astimezone(UTC).replace(tzinfo=None)
