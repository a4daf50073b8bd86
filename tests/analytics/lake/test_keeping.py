"""What the lake promises about its files: nothing personal, damage is mended, readers are not disturbed, one directory has it."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.analytics.lake import world
from tests.conftest import NOW

from siyu import pool
from siyu.analytics import lake
from siyu.analytics.lake import plan
from siyu.base.clock import StillClock
from siyu.base.cursor import Place
from siyu.base.errors import ConfigError, InputError
from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind


@pytest.fixture
def shop(ground: Ground) -> Ground:
    """A few hundred facts, in files."""
    world.record(ground, world.facts(random.Random(1), 200, 0))
    lake.sync(ground, limit=80)
    return ground


def _bytes(ground: Ground) -> bytes:
    return b"".join(file.read_bytes() for file in sorted((ground.config.data / "lake").rglob("*")) if file.is_file())


def test_nothing_personal_lies_in_the_files(ground: Ground) -> None:
    who = (Identifier(Kind.PHONE, "+8613812345678"), Identifier(Kind.EMAIL, "lin@mail.example"))
    made = [
        Fact("profile.stated", f"p{n}", NOW, who, data={"address": "No 1 Tea Lane", "plan": "gold"}, personal={"name": "LinXiaoyue"})
        for n in range(3)
    ]
    world.record(ground, made)
    lake.sync(ground)
    with lake.open(ground) as con:
        told = repr([lake.query(con, f"select * from {view}") for view in ("facts", "orders", "people")])
    assert "gold" in told
    for text in (told, *(repr(row) for row in world.listed(ground))):
        for secret in ("13812345678", "138****", "lin@mail", "l***", "Tea Lane", "LinXiaoyue"):
            assert secret not in text


def test_the_erased_leave_the_files_and_what_the_log_keeps_of_them_stays(ground: Ground) -> None:
    made = [Fact("note.left", f"n{n}", NOW - timedelta(days=20 * n), (world.member(1),), data={"said": f"whisper {n}"}) for n in range(4)]
    paid = Fact("order.paid", "o", NOW, (world.member(1),), "O1", 500, "CNY")
    world.record(ground, [*made, paid, Fact("note.left", "other", NOW, (world.member(2),), data={"said": "loud"})])
    lake.sync(ground)
    assert "whisper 3" in repr(world.listed(ground))
    with ground.db.tx() as conn:
        person = pool.person_of(ground, conn, world.member(1))
        assert person is not None
        pool.erase(ground, conn, person, by="test")
    with lake.open(ground) as con:
        assert "whisper" not in repr(lake.query(con, "select data from facts"))
    assert lake.status(ground).uncleaned == 1
    lake.sync(ground)
    assert "whisper" not in repr(world.listed(ground))
    assert len(world.listed(ground)) == 6 and "loud" in repr(world.listed(ground))
    assert world.on_disk(ground) == world.in_manifest(ground), "and no old file lies about"


@pytest.mark.parametrize("harm", ["missing", "size", "digest"])
def test_a_harmed_file_is_seen_and_written_again(shop: Ground, harm: str) -> None:
    harmed = sorted((shop.config.data / "lake" / "facts").rglob("*.parquet"))[0]
    content = bytearray(harmed.read_bytes())
    if harm == "missing":
        harmed.unlink()
    else:
        content[len(content) // 2] ^= 255
        harmed.write_bytes(content if harm == "digest" else content[:-1])
    assert [fault.what for fault in lake.status(shop, thorough=True).faults] == [harm]
    if harm != "digest":  # what a glance sees; nobody reads every byte before a report
        world.same(shop)
    assert lake.sync(shop).mended == 1
    assert not lake.status(shop, thorough=True).faults
    world.same(shop)


def test_a_reader_keeps_the_files_that_it_began_with(shop: Ground) -> None:
    with lake.open(shop) as con:
        before = con.execute("select count(*), sum(amount_minor) from facts").fetchone()
        old = world.on_disk(shop) & world.in_manifest(shop)
        lake.compact(shop)
        assert old - world.in_manifest(shop), "something was merged"
        assert con.execute("select count(*), sum(amount_minor) from facts").fetchone() == before
    lake.sync(shop)
    assert world.on_disk(shop) == world.in_manifest(shop)


def test_a_late_commit_is_not_passed_over(ground: Ground) -> None:
    world.record(ground, world.facts(random.Random(2), 10, 0))
    with ground.db.tx() as slow:
        source = pool.ensure_source(slow, "shop", "file", now=NOW)
        pool.record(ground, slow, source, [Fact("page.viewed", "late", NOW, (world.member(1),))])
        world.record(ground, world.facts(random.Random(3), 10, 10))
        assert lake.sync(ground).facts == 10, "what began after the slow one waits for it"
        with lake.open(ground) as con:
            assert con.execute("select count(*) from facts").fetchone() == (20,), "and is read all the same"
    assert lake.sync(ground).facts == 11
    while pool.fold(ground):
        pass
    world.same(ground)


def test_one_directory_has_the_lake(shop: Ground, tmp_path: Path) -> None:
    other = replace(shop, config=replace(shop.config, data=tmp_path / "other"))
    assert lake.status(other).home == lake.Home.ELSEWHERE
    world.same(other)  # from PostgreSQL alone
    with pytest.raises(ConfigError, match="siyu lake sync"):
        lake.compact(other)
    assert lake.sync(other).facts == 200
    assert (lake.status(other).home, lake.status(shop).home) == (lake.Home.HERE, lake.Home.ELSEWHERE)


def test_only_one_works_at_a_time(shop: Ground) -> None:
    with shop.db.autocommit() as conn:
        conn.execute("select pg_advisory_lock(7312, 1)")
        assert lake.sync(shop).is_busy and lake.compact(shop).is_busy
    assert not lake.sync(shop).is_busy


def test_a_question_reads_the_views_and_nothing_else(shop: Ground, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with lake.open(shop) as con:
        columns, rows = lake.query(con, "select occurred_at, type from facts order by occurred_at limit 1")
        assert columns == ["occurred_at", "type"] and rows[0][0].endswith("Z")
        for wrong in (f"select * from '{secret}'", "select nothing from facts", "set enable_external_access = true", "select 1 +"):
            with pytest.raises(InputError):
                lake.query(con, wrong)


def test_the_keeper_works_when_it_is_worth_it(ground: Ground, clock: StillClock) -> None:
    from siyu.analytics.lake import flow

    world.record(ground, world.facts(random.Random(1), 5, 0))
    assert not flow.is_work_due(ground)
    clock.at = clock.at + plan.PATIENCE
    assert flow.is_work_due(ground)
    assert lake.Keeper(ground).step() == 0, "not in the first minute of a process"
    keeper = lake.Keeper(ground)
    keeper._look_at = 0.0
    assert keeper.step() == 5 and keeper.step() == 0
    assert not flow.is_work_due(ground)


def test_the_listing_names_what_there_is(shop: Ground) -> None:
    told = json.loads((shop.config.data / "lake" / "manifest.json").read_text())
    assert {path for table in lake.Table for path in told[table.value]} == world.in_manifest(shop)
    assert all(path.startswith("facts/month=20") for path in told["facts"])


def _file(month: str, rows: int, end: int) -> lake.File:
    return lake.File(lake.Table.FACTS, month, f"{month}{end}", rows, 1, b"", Place(end - 1, 0), Place(end, 0), NOW, file_id=end)


def test_only_small_neighbours_are_merged() -> None:
    big = plan.SMALL_ROWS
    files = [_file("2026-01", 10, n) for n in range(1, 5)] + [_file("2026-01", big, 5)] + [_file("2026-01", 10, n) for n in (6, 7)]
    assert [[f.file_id for f in run] for run in plan.runs(files)] == [[1, 2, 3, 4]]
    assert [[f.file_id for f in run] for run in plan.runs(files, 2)] == [[1, 2, 3, 4], [6, 7]]
    assert plan.runs([_file("2026-01", 10, 1), _file("2026-02", 10, 2)], 2) == []
    many = [_file("2026-01", big - 1, n) for n in range(1, 10)]
    assert all(sum(f.rows_n for f in run) <= plan.FULL_ROWS for run in plan.runs(many, 2))
