"""Recording: once for ever, sealed, safe under races."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from tests.conftest import NOW

from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind, ensure_source, normal, record

LIN = Identifier(Kind.PHONE, "+8613800138000")
LIN_ID = Identifier(Kind.BUYER_ID, "17850", "shop")


def line(number: int, *who: Identifier, days: int = 1, **more: object) -> Fact:
    return Fact("order.paid", f"l{number}", NOW - timedelta(days=days), who, object=f"o{number}", amount_minor=990, **more)  # type: ignore[arg-type]


def source(ground: Ground, name: str = "shop") -> int:
    with ground.db.tx() as conn:
        return ensure_source(conn, name, "file", now=NOW)


def test_a_fact_is_recorded_once_for_ever(ground: Ground) -> None:
    shop = source(ground)
    with ground.db.tx() as conn:
        assert record(ground, conn, shop, [line(1, LIN), line(1, LIN), line(2)]).new == 2
    with ground.db.tx() as conn:
        again = record(ground, conn, shop, [line(1, LIN), line(2), line(3, LIN_ID, LIN)])
        assert (again.new, again.known) == (1, 2)
        assert conn.execute("select count(*), count(subject), count(others) from facts").fetchone() == (3, 2, 1)
        assert conn.execute("select count(*) from identifiers").fetchone() == (2,)


def test_personal_data_is_not_readable_in_the_database(ground: Ground) -> None:
    shop = source(ground)
    fact = Fact("profile.stated", "p", NOW, (LIN_ID, LIN), data={"name": "林小满", "city": "上海"}, personal={"address": "延安路 1 号"})
    with ground.db.tx() as conn:
        record(ground, conn, shop, [fact])
        rows = str(conn.execute("select f::text, i::text from facts f, identifiers i").fetchall())
        assert "上海" in rows
        for secret in ("林小满", "延安路", "13800138000"):
            assert secret not in rows
        assert "138****8000" in rows


def test_a_fact_out_of_time_names_itself(ground: Ground) -> None:
    shop = source(ground)
    for at in (datetime(1989, 12, 31, tzinfo=UTC), NOW + timedelta(days=2), datetime(2020, 1, 1)):  # noqa: DTZ001
        with ground.db.tx() as conn, pytest.raises(InputError) as wrong:
            record(ground, conn, shop, [line(1), Fact("order.paid", "x", at)])
        assert wrong.value.field == "facts[1].occurred_at"


def test_poisonous_text_is_cleaned_not_refused(ground: Ground) -> None:
    shop = source(ground)
    with ground.db.tx() as conn:
        record(ground, conn, shop, [line(1, LIN, data={"a\x00": "b\x00c", "half": "x\ud800y", "nan": float("nan")})])
        assert conn.execute("select data->>'a', data->>'half', data->>'nan' from facts").fetchone() == ("bc", "x?y", None)


def test_recorders_at_once_make_one_identifier_and_one_fact(ground: Ground, another_ground: Callable[[], Ground]) -> None:
    shop = source(ground)
    people = [normal.identifier(Kind.PHONE, f"138{n:08d}") for n in range(50)]
    facts = [line(n, who, days=n * 20) for n, who in enumerate(people) if who]
    grounds = [another_ground() for _ in range(4)]
    counts: list[int] = []
    start = threading.Barrier(4)

    def run(mine: Ground, order: int) -> None:
        start.wait()
        with mine.db.tx() as conn:
            counts.append(record(mine, conn, shop, facts[::order]).new)

    threads = [threading.Thread(target=run, args=(g, 1 if n % 2 else -1)) for n, g in enumerate(grounds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 50
    assert len(counts) == 4
    with ground.db.tx() as conn:
        assert conn.execute("select count(*) from identifiers").fetchone() == (50,)
        assert conn.execute("select count(*) from facts").fetchone() == (50,)
