"""A file read without a database: for questions about a file that nobody has taken into the pool."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from siyu.pool import Brand
from siyu.sources.files import mapping as mappings
from siyu.sources.files import proposing, reading
from siyu.sources.files.turning import Turned, turner
from siyu.sources.files.words import SAMPLE, Look, Mapping, Options, Rows


@dataclass(frozen=True)
class Offline:
    """How a file is read, and its rows as facts, stretch by stretch. The facts of lines carry no ids: nobody keeps them."""

    look: Look
    mapping: Mapping
    turned: Iterator[Turned]
    is_currency_told: bool  # by the file or the options; else the brand's was taken


def read_offline(path: Path, options: Options, *, brand: Brand, now: datetime) -> Offline:
    """Look at a file, propose what its columns mean, and turn its rows. Raises `FileFault` or `NotSettled` as an import would."""
    look = reading.look(path, options.wish)
    first = next(reading.rows(path, look.shape, size=SAMPLE, rows_n=look.rows_n), Rows(2, [], 1.0))
    sample = proposing.Sample(look.shape.columns, first.cells)
    mapping = proposing.propose(sample, brand, kind=options.kind, source=path.stem)
    if options.mapping is not None:
        mapping = mappings.from_json(mappings.to_json(mapping) | dict(options.mapping))
    for name in ("currency", "time_zone", "day_first"):
        value = getattr(options, name)
        if value is not None:
            mapping = replace(mapping, **{name: value})
    mappings.need(mapping, look.shape)
    makes = turner(mapping, look.shape, key=None, now=now, came_at=now, evidence={})
    is_told = options.currency is not None or proposing.tells_currency(mapping, sample)
    return Offline(look, mapping, (makes.turn(rows) for rows in reading.rows(path, look.shape, rows_n=look.rows_n)), is_told)
