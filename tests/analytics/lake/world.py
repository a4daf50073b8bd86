"""A small random shop, and the naive reading that the lake is held to."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from tests.conftest import NOW

from siyu import pool
from siyu.analytics import lake
from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind

TYPES = ("order.paid", "order.paid", "order.paid", "order.refunded", "order.adjusted", "page.viewed", "profile.stated", "message.sent")
TEXTS = ("", "a,b", 'say "hi"', "two\nlines", "茶 🍵", "null", "\\N", "{}")


def empty(ground: Ground) -> None:
    """As if nothing had ever happened."""
    with ground.db.tx() as conn:
        conn.execute(
            "truncate identifiers, links, identity_decisions, identity_conflicts, identity_log, facts, fact_keys, folds, orders, consents,"
            " profiles, trade_days, cursors, settings, lake_files, lake_imports, lake_erasures cascade"
        )


def member(number: int) -> Identifier:
    return Identifier(Kind.MEMBER_ID, f"m{number}", "shop")


def facts(dice: random.Random, count: int, start: int, people: int = 6) -> list[Fact]:
    """Facts of a few people over three months, with everything in them that a CSV could stumble over."""
    made = []
    for n in range(start, start + count):
        kind = dice.choice(TYPES)
        who: tuple[Identifier, ...] = () if dice.random() < 0.1 else (member(dice.randrange(people)),)
        if who and kind == "profile.stated" and dice.random() < 0.5:
            who += (Identifier(Kind.EMAIL, f"e{dice.randrange(people)}@mail.example"),)
        amount = dice.randrange(0, 5_000) if kind.startswith("order.") else None
        if amount and kind == "order.refunded":
            amount = -amount
        about = dice.choice([None, f"O{dice.randrange(12)}", dice.choice(TEXTS[1:])]) if kind.startswith("order.") else None
        data = {"note": dice.choice(TEXTS), "n": dice.randrange(9)} if dice.random() < 0.5 else {}
        if kind == "message.sent":
            data = {"channel": "email", "secret": "said to one person"}
        made.append(
            Fact(
                kind, f"f{n}", NOW - timedelta(days=dice.randrange(75), microseconds=dice.randrange(10**6)), who, about, amount,
                dice.choice(["CNY", "CNY", "CNY", "USD"]) if amount is not None else None, data,
                {"name": "林小月"} if kind == "profile.stated" and who else {},
            )
        )  # fmt: skip
    return made


def record(ground: Ground, made: list[Fact], import_id: int = 0) -> None:
    with ground.db.tx() as conn:
        source = pool.ensure_source(conn, "shop", "file", now=NOW)
        pool.record(ground, conn, source, made, import_id=import_id)
    while pool.fold(ground):
        pass


def same(ground: Ground) -> None:
    """The lake with its tail says what the tables say, fact by fact, order by order, person by person."""
    with lake.open(ground) as con, ground.db.tx() as conn:
        asked = (
            "select key, source_id, import_id, type, subject, person_id, {at}, {received}, object, amount_minor, currency, {data}, others"
        )
        ours = con.execute(
            asked.format(at="epoch_us(occurred_at)", received="epoch_us(received_at)", data="data") + " from facts"
        ).fetchall()
        theirs = conn.execute(
            asked.format(
                at="(extract(epoch from occurred_at) * 1000000)::bigint", received="(extract(epoch from received_at) * 1000000)::bigint",
                data="data::text",
            ).replace("select key", "select key::text")
            + " from facts left join identifiers on identifier_id = subject"
        ).fetchall()  # fmt: skip
        assert _bag(ours) == _bag(theirs)
        ours = con.execute(
            "select source_id, order_no, currency, subject, person_id, epoch_us(paid_at), epoch_us(touched_at), paid_minor,"
            " refunded_minor, lines_n from orders"
        ).fetchall()
        theirs = conn.execute(
            "select source_id, order_no, currency, subject, person_id, (extract(epoch from paid_at) * 1000000)::bigint,"
            " (extract(epoch from touched_at) * 1000000)::bigint, paid_minor, refunded_minor, lines_n"
            " from orders join identifiers on identifier_id = subject"
        ).fetchall()
        assert _bag(ours) == _bag(theirs)
        ours = con.execute("select identifier_id, person_id, kind, scope, is_erased from people").fetchall()
        theirs = conn.execute("select identifier_id, person_id, kind, scope, erased_at is not null from identifiers").fetchall()
        assert _bag(ours) == _bag(theirs)


def _bag(rows: list[tuple[Any, ...]]) -> list[str]:
    return sorted(repr(row) for row in rows)


def listed(ground: Ground) -> list[tuple[Any, ...]]:
    """(key, subject, data) of every fact in the files, as another engine finds it: by the listing alone."""
    folder = Path(ground.config.data) / "lake"
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    if not told["facts"]:
        return []
    with duckdb.connect() as engine:
        files = engine.read_parquet([str(folder / one) for one in told["facts"]])
        return files.project("key, subject, data").fetchall()


def stored(ground: Ground) -> list[tuple[Any, ...]]:
    """The same from the log."""
    with ground.db.tx() as conn:
        return conn.execute("select key::text, subject, data::text from facts").fetchall()


def on_disk(ground: Ground) -> set[str]:
    folder = Path(ground.config.data) / "lake"
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()} - {"home", "manifest.json"}


def in_manifest(ground: Ground) -> set[str]:
    with ground.db.tx() as conn:
        return {row[0] for row in conn.execute("select path from lake_files")}


def utc(*words: int) -> datetime:
    return datetime(*words, tzinfo=UTC)  # type: ignore[misc]
