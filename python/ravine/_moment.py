"""Times of trials: microseconds since 1970 in the engine, naive local ``datetime`` outside."""

from __future__ import annotations

import datetime

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def of_microseconds(moment: int) -> datetime.datetime:
    """The local time of a moment."""
    seconds, micros = divmod(moment, 1_000_000)
    return datetime.datetime.fromtimestamp(seconds).replace(microsecond=micros)


def to_microseconds(time: datetime.datetime) -> int:
    """The moment of a local time, or of one that knows its zone."""
    since = time.astimezone(datetime.timezone.utc) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
