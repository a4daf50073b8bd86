"""Rows of codes <-> words, and what is counted about their guides."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.rows import class_row, dict_row

from siyu.base.db import Connection, queries
from siyu.base.errors import NotFoundError
from siyu.growth.words import CodeGuide, CodeKind, Count, Draft, For, Funnel, LiveCode, Lot, Result, Rotation, Shift, Welcome

Q = queries(__name__)
_LOOKED_BACK = timedelta(days=14)  # for who came last; longer ago is as good as never
_DRAFTED = ("name", "account_id", "remark_pattern", "cost_minor", "reserve", "is_exclusive", "skip_verify", "chat_limit")


def codes(conn: Connection, code_ids: Collection[int] | None = None, *, with_closed: bool = False) -> list[LiveCode]:
    """Codes, the newest first, closed ones last."""
    asked = {"code_ids": None if code_ids is None else list(code_ids), "with_closed": with_closed}
    return [_code(row) for row in conn.cursor(row_factory=dict_row).execute(Q.codes, asked)]


def code(conn: Connection, code_id: int) -> LiveCode:
    """One code, closed or not. Raises `NotFoundError`."""
    found = codes(conn, [code_id], with_closed=True)
    if not found:
        raise NotFoundError("There is no such code.", "Choose one from the list.")
    return found[0]


def code_of_state(conn: Connection, state: str) -> LiveCode | None:
    """The code that WeCom calls by this state now."""
    found = codes_of_state(conn, state)
    return found[0] if found else None


def codes_of_state(conn: Connection, state: str) -> list[LiveCode]:
    """All codes of this state, one of a corp at most: what is open first, then the newest. The others are of before a change of corp."""
    ids = [row[0] for row in conn.execute(Q.ids_of_state, {"state": state})]
    found = {one.code_id: one for one in codes(conn, ids, with_closed=True)} if ids else {}
    return [found[code_id] for code_id in ids]


def _code(row: dict[str, Any]) -> LiveCode:
    drafted: dict[str, Any] = {name: row[name] for name in _DRAFTED}
    draft = Draft(
        **drafted,
        kind=CodeKind(row["kind"]),
        rotation=Rotation(row["rotation"]),
        source_tags=tuple(row["source_tags"]),
        corp_tags=tuple(row["corp_tags"]),
        chats=tuple(row["chats"]),
        guides=tuple(
            CodeGuide(**(one | {"shifts": tuple(Shift(tuple(s["days"]), s["start"], s["end"]) for s in one["shifts"])}))
            for one in row["guides"]
        ),
        welcomes=welcomes_of(row["welcomes"]),
    )
    names = LiveCode.__dataclass_fields__.keys() - {"draft", "told_users"}
    return LiveCode(draft=draft, told_users=tuple(row["told_users"]), **{name: row[name] for name in names})


def welcomes_of(kept: Sequence[Mapping[str, Any]]) -> tuple[Welcome, ...]:
    """Welcomes as they are kept; what is left out is as by default."""
    return tuple(
        Welcome(
            int(one["content_id"]), For(one.get("whom", "anybody")), one.get("start", "00:00"), one.get("end", "24:00"),
            tuple(one.get("days", range(1, 8))), str(one.get("of", "")),
        )
        for one in kept
    )  # fmt: skip


def as_row(draft: Draft, **more: Any) -> dict[str, Any]:
    """A draft as query parameters."""
    row: dict[str, Any] = {name: getattr(draft, name) for name in _DRAFTED}
    row |= {"kind": str(draft.kind), "rotation": str(draft.rotation), "welcomes": json.dumps([asdict(w) for w in draft.welcomes])}
    return row | {name: list(getattr(draft, name)) for name in ("source_tags", "corp_tags", "chats")} | more


def keep_guides(conn: Connection, code_id: int, guides: Sequence[CodeGuide]) -> None:
    """Who is behind a code, in their order, instead of who was."""
    conn.execute(Q.clear_guides, {"code_id": code_id})
    rows = [asdict(one) | {"place": place} for place, one in enumerate(guides)]
    conn.execute(Q.insert_guides, {"code_id": code_id, "rows": json.dumps(rows)})


def counts(conn: Connection, code_ids: Collection[int], now: datetime, zone: str) -> dict[int, dict[str, Count]]:
    """What is known of every guide of these codes at this moment of the brand's day."""
    found: dict[int, dict[str, Count]] = defaultdict(dict)
    asked = {"code_ids": list(code_ids), "midnight": midnight(now, zone), "since": now - _LOOKED_BACK}
    for code_id, guide, today, last_at, load, is_here in conn.execute(Q.counts, asked):
        found[code_id][guide] = Count(today, load, last_at, is_here)
    return found


def midnight(now: datetime, zone: str) -> datetime:
    """When the brand's day began."""
    local = now.astimezone(ZoneInfo(zone))
    return datetime.combine(local.date(), time(), local.tzinfo).astimezone(UTC)


def rush(conn: Connection, code_ids: Collection[int], now: datetime) -> dict[int, int]:
    """How many came by each code in the last minute."""
    return dict(conn.execute(Q.rush, {"code_ids": list(code_ids), "since": now - timedelta(minutes=1)}).fetchall())


def chat_sizes(conn: Connection, corp: str, chats: Collection[str]) -> dict[str, int]:
    """How many are in each of these chats; those that are gone are missing."""
    return dict(conn.execute(Q.chat_sizes, {"corp": corp, "chats": list(chats)}).fetchall())


def funnels(conn: Connection, code_ids: Collection[int], since: datetime, until: datetime, zone: str) -> dict[int, Funnel]:
    """What became of those who came by each code between two moments."""
    asked = {"code_ids": list(code_ids), "since": since, "until": until, "zone": zone}
    return {row[0]: Funnel(*row) for row in conn.execute(Q.funnels, asked)}


def results(conn: Connection, code_id: int, since: datetime, until: datetime, zone: str) -> list[Result]:
    """What became of those who came by one code between two moments: a row for each guide (or chat), and one for each day of the brand."""
    asked = {"code_id": code_id, "since": since, "until": until, "zone": zone}
    return [Result(*row) for row in conn.execute(Q.results, asked)]


def visits(conn: Connection, code_id: int, since: datetime, zone: str) -> dict[date, int]:
    """How often a code's own page was opened on each of the brand's days; days without are missing."""
    return dict(conn.execute(Q.visits, {"code_id": code_id, "since": since, "zone": zone}).fetchall())


def link_refused_at(conn: Connection, link_id: str, since: datetime) -> datetime | None:
    """When WeCom last said that an acquisition link leads nowhere, after a moment."""
    row = conn.execute(Q.link_refused, {"link_id": link_id, "since": since}).fetchone()
    return row[0] if row else None


def lots(conn: Connection) -> list[Lot]:
    """The quota of acquisition links, by account and end."""
    return conn.cursor(row_factory=class_row(Lot)).execute(Q.lots).fetchall()


def failed_deeds(conn: Connection, code_id: int) -> list[tuple[str, str, int]]:
    """Tags and remarks that could not be put: kind, vendor's code, how many."""
    return [(row[0], row[1], row[2]) for row in conn.execute(Q.failed_deeds, {"code_id": code_id})]
