"""When something happened, by the server's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from siyu.sources.http.words import Refusal

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # before this no shop had a page: a clock that was never set
_ROAD = timedelta(seconds=5)  # a difference below this is the road that the message took, not a wrong clock
_AHEAD = timedelta(minutes=5)


def moment(value: Any, field: str) -> datetime | None:
    """A moment in ISO 8601 (with or without fractions; without an offset it is UTC) or in Unix seconds or milliseconds.

    None when nothing is given. Raises `Refusal`.
    """
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            text = value.strip()
            if text.lstrip("-").replace(".", "", 1).isdigit() and len(text) > 8:
                return moment(float(text), field)
            at = datetime.fromisoformat(text)
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise Refusal("time", field)


def occurred(timestamp: Any, original: Any, sent: Any, received_at: datetime) -> tuple[datetime, datetime | None]:
    """When it happened by our clock, and what the client's clock said where that was overruled.

    The client's clock is compared with ours through `sent`: timestamp = receivedAt - (sentAt - originalTimestamp). Without it a moment in
    the future becomes now. A message without a time happened when it came.
    """
    said = moment(original, "originalTimestamp") or moment(timestamp, "timestamp")
    if said is None:
        return received_at, None
    at = said
    try:
        sent_at = moment(sent, "sentAt")
    except Refusal:
        sent_at = None  # a broken sentAt is no reason to lose the message
    if sent_at is not None and abs(received_at - sent_at) > _ROAD:
        at = received_at - (sent_at - said)
    if at > received_at + _AHEAD:
        at = received_at
    if at < EARLIEST:
        raise Refusal("time_range", "timestamp")
    return at, (said if at != said else None)
