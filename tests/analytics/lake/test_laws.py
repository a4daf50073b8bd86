"""Laws: files and tail together are the log, whatever happened in whatever order; the files alone are the log after a sync."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from tests.analytics.lake import world

from siyu import pool
from siyu.analytics import lake
from siyu.base.ground import Ground
from siyu.pool import Fact

DEEDS = st.one_of(
    st.tuples(st.just("facts"), st.integers(1, 25), st.integers(0, 3)),  # of which import
    st.tuples(st.just("merge"), st.integers(0, 5), st.integers(0, 5)),
    st.tuples(st.just("cut"), st.integers(0, 5), st.integers(0, 5)),
    st.tuples(st.just("erase"), st.integers(0, 5), st.just(0)),
    st.tuples(st.just("undo"), st.integers(1, 3), st.just(0)),
    st.tuples(st.just("sync"), st.integers(1, 40), st.just(0)),
    st.tuples(st.just("compact"), st.just(0), st.just(0)),
    st.tuples(st.just("harm"), st.integers(0, 20), st.integers(0, 1)),
    st.tuples(st.just("look"), st.just(0), st.just(0)),
)


def test_files_and_tail_are_the_log(ground: Ground) -> None:
    """Each example has an empty database and a lake of its own."""
    count = 0

    def do(ground: Ground, dice: random.Random, what: str, a: int, b: int) -> None:
        nonlocal count
        if what == "facts":
            world.record(ground, world.facts(dice, a, count), b)
            count += a
        elif what == "merge":
            count += 1
            fact = Fact("member.linked", f"l{count}", ground.clock.now(), (world.member(a), world.member(b)))
            world.record(ground, [fact])
        elif what in ("cut", "erase"):
            with ground.db.tx() as conn:
                one, other = (pool.person_of(ground, conn, world.member(n)) for n in (a, b))
                if what == "erase" and one is not None:
                    pool.erase(ground, conn, one, by="test")
                elif one is not None and other is not None and one != other:
                    pool.cut(ground, conn, one, other, by="test")
        elif what == "undo":
            with ground.db.tx() as conn:
                pool.forget_import(ground, conn, a)
        elif what == "sync":
            lake.sync(ground, limit=a)
            assert sorted(map(repr, world.listed(ground))) == sorted(map(repr, world.stored(ground)))
            assert world.on_disk(ground) == world.in_manifest(ground)
        elif what == "compact":
            lake.sync(ground, turns=1)
            lake.compact(ground)
        elif what == "harm":
            files = sorted(world.on_disk(ground))
            if files:
                harmed = Path(ground.config.data) / "lake" / files[a % len(files)]
                if b:
                    harmed.unlink()
                else:
                    harmed.write_bytes(b"PAR1")
        else:
            world.same(ground)

    @settings(max_examples=7, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.lists(DEEDS, min_size=3, max_size=12), st.integers(0, 10**6))
    @example([("sync", 30, 0), ("facts", 5, 1), ("undo", 1, 0), ("look", 0, 0)], 1)  # identifiers without any fact are people, too
    def law(deeds: list[tuple[str, int, int]], seed: int) -> None:
        dice = random.Random(seed)
        world.empty(ground)
        with TemporaryDirectory() as folder:
            here = replace(ground, config=replace(ground.config, data=Path(folder)))
            for deed in deeds:
                do(here, dice, *deed)
            world.same(here)
            lake.sync(here)
            assert sorted(map(repr, world.listed(here))) == sorted(map(repr, world.stored(here)))
            world.same(here)

    law()
