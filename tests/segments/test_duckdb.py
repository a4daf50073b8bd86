"""The same rule tree speaks DuckDB: over the same rows it chooses the people that the naive reading chooses.

One difference is known: DuckDB rewrites numbers in JSON on reading (0.0000001 becomes 1e-7), which our reading of numbers then leaves out.
"""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, note, settings
from tests.conftest import NOW
from tests.segments import world
from tests.segments.test_law import made

from siyu import segments
from siyu.base.ground import Ground

TABLES = {
    "profiles": "person_id bigint, stage text, stage_at timestamptz, is_known boolean, facts_n bigint, first_seen_at timestamptz,"
    " last_seen_at timestamptz, traits json, tags text[], orders_n int, spent_minor bigint, refunded_minor bigint, other_money json,"
    " first_order_at timestamptz, last_order_at timestamptz",
    "identifiers": "identifier_id bigint, person_id bigint, kind text, scope text, unreachable_at timestamptz, erased_at timestamptz",
    "facts": "key uuid, source_id int, type text, subject bigint, occurred_at timestamptz, object text, amount_minor bigint,"
    " currency text, data json",
    "orders": "source_id int, subject bigint, paid_at timestamptz, paid_minor bigint, refunded_minor bigint, currency text",
    "consents": "subject bigint, channel text, purpose text, is_given boolean, decided_at timestamptz, fact_key uuid",
    "scores": "subject bigint, name text, as_of timestamptz, fact_key uuid, value decimal, word text",
    "sources": "source_id int, name text",
    "contacts": "subject bigint, corp text, guide text, added_at timestamptz, add_way bigint, state text, is_active boolean",
    "group_members": "subject bigint, corp text, chat_id text, joined_at timestamptz, join_scene bigint, state text, is_in boolean",
}


def copied(ground: Ground) -> duckdb.DuckDBPyConnection:
    """The pool's tables, in memory."""
    duck = duckdb.connect()
    duck.execute("set timezone = 'UTC'")
    with ground.db.tx() as conn:
        for table, columns in TABLES.items():
            names = [part.split()[0] for part in columns.split(",")]
            asked = ", ".join(f"{name}::text" if f"{name} json" in columns else name for name in names)
            duck.execute(f"create table {table} ({columns})")
            rows = conn.execute(f"select {asked} from {table}").fetchall()  # type: ignore[arg-type]
            if rows:
                duck.executemany(f"insert into {table} values ({', '.join('?' * len(names))})", rows)
    return duck


def test_duckdb_is_naive_too(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "TRAIT_VALUES", tuple(value for value in world.TRAIT_VALUES if value != 1e-7))
    evidence, others = made(ground, 1)
    duck = copied(ground)

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(world.rules(tuple(map(int, others))))
    def law(rule_json: dict[str, Any]) -> None:
        rule = segments.parse(json.dumps(rule_json))
        compiled = segments.compile(rule, now=NOW, brand=world.BRAND, others=others, dialect="duckdb")
        note(compiled.sql)
        chosen = [row[0] for row in duck.execute(compiled.sql, compiled.params).fetchall()]
        naive = {p for p, one in evidence.items() if segments.matches(rule, one, NOW, brand=world.BRAND, others=others)}
        assert sorted(chosen) == sorted(naive)

    law()
    duck.close()
