"""What a template may say about people: names, plain traits, tags, and what they bought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from siyu import pool
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.base.money import Money
from siyu.content.store import Q

_MOST_PERSONAL = ("phone", "email", "id_card", "street", "address", "birthday", "wechat_id")  # never put into a message


def people(ground: Ground, conn: Connection, person_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The values of each person, by today's person number; people without a profile get an empty set.

    Money comes as `Money` in the brand's currency, moments as aware datetimes. Names are unsealed here and nowhere shown but in the
    message itself; phones, addresses and the like are left out.
    """
    currency = pool.brand(conn).currency
    found: dict[int, dict[str, Any]] = {person_id: {} for person_id in person_ids}
    for row in conn.execute(Q.people, {"person_ids": list(person_ids)}):
        person_id, traits, tags, orders_n, spent, refunded, first_order_at, last_order_at, first_seen_at = row
        found[person_id] = {
            **{name: value for name, value in (traits or {}).items() if name not in _MOST_PERSONAL},
            "tags": tuple(tags),
            "orders_n": orders_n,
            "spent": Money(spent, currency),
            "refunded": Money(refunded, currency),
            "first_order_at": first_order_at,
            "last_order_at": last_order_at,
            "first_seen_at": first_seen_at,
        }
    for person_id, traits in pool.personal_traits(ground, conn, list(person_ids)).items():
        person = found.setdefault(person_id, {})
        person.update({name: value for name, value in traits.items() if name not in _MOST_PERSONAL})
        if not person.get("name"):
            whole = " ".join(p for p in (traits.get("first_name"), traits.get("last_name")) if p) or traits.get("nickname")
            if whole:
                person["name"] = whole
    return found
