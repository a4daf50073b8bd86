"""Values on their way to PostgreSQL and back, where millions of them go."""

from __future__ import annotations

from collections.abc import Iterable


def array(numbers: Iterable[int]) -> str:
    """A `bigint[]` as PostgreSQL writes it, sorted: many times quicker than handing over a list of thousands."""
    return "{" + ",".join(map(str, sorted(numbers))) + "}"
