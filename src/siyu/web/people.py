"""The customers page's filter, as its address says it; and what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from siyu import pool
from siyu.base.db import Connection, queries
from siyu.base.ground import Ground
from siyu.base.money import digits
from siyu.base.vault import unseal

Q = queries(__name__, "people.sql")

SIZE = 50
COUNTED = 10_000  # counting stops here: "10,000+"; fewer are gathered and sorted, for more the index of the order is walked
LAST_PAGE = 200  # nobody reads on page 200; a filter serves better
SORTS = ("seen", "order", "spent")
ORDERED = ("in30", "in90", "in365", "not90", "not180", "not365", "any", "never")
REACHES = ("email", "phone")


@dataclass(frozen=True)
class Filter:
    """What the address of the customers page asks for. `spent` is in major units, as people type it. `sort` begins with - for downwards."""

    stage: str = ""
    tag: str = ""
    reach: str = ""
    spent: int = 0
    ordered: str = ""
    everyone: bool = False  # with visitors of whom only a browser is known
    sort: str = "-seen"
    page: int = 1

    @property
    def is_narrow(self) -> bool:
        """Whether anything is filtered at all."""
        return bool(self.stage or self.tag or self.reach or self.spent or self.ordered)

    def address(self, **changes: Any) -> str:
        """The page's address with some of this changed; every other part stays, the page goes back to the first."""
        changed = replace(self, **({"page": 1} | changes))
        default = Filter()
        parts = {
            name: "1" if value is True else value
            for name, value in vars(changed).items()
            if value != getattr(default, name) and value not in ("", 0, False)
        }
        return "/customers" + (f"?{urlencode(parts)}" if parts else "")


def read(query: Mapping[str, str]) -> Filter:
    """The filter of a query string; whatever it does not understand it leaves out."""
    sort = query.get("sort", "-seen")
    if query.get("ordered") == "never" or query.get("stage") in ("visitor", "lead"):
        sort = sort if sort.endswith("seen") else "-seen"  # who never ordered has neither a last order nor spent anything
    return Filter(
        stage=query.get("stage", "") if query.get("stage", "") in list(pool.Stage) else "",
        tag=query.get("tag", "").strip()[:80],
        reach=query.get("reach", "") if query.get("reach", "") in REACHES else "",
        spent=_whole(query.get("spent", ""), 10**9),
        ordered=query.get("ordered", "") if query.get("ordered", "") in ORDERED else "",
        everyone=query.get("everyone", "") == "1",
        sort=sort if sort.removeprefix("-") in SORTS else "-seen",
        page=min(LAST_PAGE, max(1, _whole(query.get("page", "1"), LAST_PAGE))),
    )


def _whole(text: str, most: int) -> int:
    text = text.strip()
    return min(most, int(text)) if text.isascii() and text.isdigit() and len(text) < 12 else 0


@dataclass(frozen=True)
class Found:
    """A page of people, how many there are, and whether there are more than were counted."""

    rows: list[pool.PersonRow]
    total: int
    is_more: bool


def listed(conn: Connection, by: Filter, currency: str, now: datetime) -> Found:
    """The people a filter lets through: one page of them, and the count."""
    asked = _asked(by, currency, now) | {"most": COUNTED + 1, "sort": by.sort, "limit": SIZE, "offset": (by.page - 1) * SIZE}
    query = Q.count_people if not by.is_narrow else Q.gather_reachable if by.reach else Q.gather
    row = conn.execute(query, asked, prepare=False).fetchone()  # planned for these very values: one plan for all filters walks everybody
    total = int(row[0]) if row else 0
    if row and by.is_narrow and total <= COUNTED:  # few: they were gathered and sorted at once
        return Found(pool.rows_of(conn, row[1]), total, is_more=False)
    column, way = by.sort.removeprefix("-"), "down" if by.sort.startswith("-") else "up"
    ids = [r[0] for r in conn.execute(Q.texts[f"list_{column}_{way}"], asked, prepare=False)]
    return Found(pool.rows_of(conn, ids), min(total, COUNTED), total > COUNTED)


def _asked(by: Filter, currency: str, now: datetime) -> dict[str, Any]:
    since = before = None
    has_order: bool | None = {"any": True, "never": False}.get(by.ordered)
    if by.ordered.startswith("in"):
        since = now - timedelta(days=int(by.ordered[2:]))
    elif by.ordered.startswith("not"):
        before = now - timedelta(days=int(by.ordered[3:]))
    return {
        "stage": by.stage or None,
        "tag": by.tag or None,
        "known": None if by.everyone else True,
        "reach": by.reach or None,
        "spent": by.spent * 10 ** digits(currency) if by.spent else None,
        "since": since,
        "before": before,
        "has_order": has_order,
    }


def frequent_tags(conn: Connection, limit: int = 40) -> list[str]:
    """Tags to suggest."""
    return [row[0] for row in conn.execute(Q.frequent_tags, {"limit": limit})]


@dataclass(frozen=True)
class OrderLine:
    """One line (or the whole) of an order, as a fact said it."""

    type: str
    occurred_at: datetime
    amount_minor: int | None
    currency: str | None
    data: dict[str, Any]


def order_lines(conn: Connection, subjects: list[int], source_id: int, order_no: str) -> list[OrderLine]:
    """What the facts say of an order of these identifiers."""
    rows = conn.execute(Q.order_lines, {"subjects": subjects, "source_id": source_id, "order_no": order_no})
    return [OrderLine(*row) for row in rows]


def in_clear(ground: Ground, conn: Connection, identifier_id: int) -> tuple[int, str, str] | None:
    """(person, kind, value in the clear) of an identifier, None when it is gone. The caller writes down who looked; never log it."""
    row = conn.execute(Q.sealed_value, {"identifier_id": identifier_id}).fetchone()
    if row is None:
        return None
    person, kind, _, value, sealed, wrapped = row
    if value is not None:
        return person, kind, value
    if sealed is None or wrapped is None:
        return None
    return person, kind, unseal(ground.vault.open_key(bytes(wrapped)), bytes(sealed))
