"""From what somebody types to one person."""

from __future__ import annotations

from siyu import pool
from siyu.base.db import Connection
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.cli.screen import word

_RANK = {"name": 2, "order": 1, "person": 3}  # an identifier that fits (0) goes before an order, a name, a person's number


def one_person(ground: Ground, conn: Connection, text: str) -> int:
    """The person behind a phone, e-mail, id, name, order number, or person number (`#12`).

    Raises `NotFoundError` when nobody fits and `InputError` when several do.
    """
    hits = pool.find(ground, conn, text, 50)
    if text.strip().startswith("#"):
        hits = [hit for hit in hits if hit.by == "person"]
    if not hits:
        raise NotFoundError(word("cli.nobody"), word("cli.nobody_remedy"))
    best = min(_RANK.get(hit.by, 0) for hit in hits)
    people = sorted({hit.person_id for hit in hits if _RANK.get(hit.by, 0) == best})
    if len(people) > 1:
        some = ", ".join(f"#{number}" for number in people[:10])
        raise InputError(word("cli.several_people", count=len(people)), word("cli.several_people_remedy", people=some))
    return people[0]
