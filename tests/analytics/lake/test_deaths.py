"""Kill -9 anywhere in an export, a cleaning, a mending or a merge: no fact is lost or doubled, and nothing is left lying about."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from tests.analytics.lake import world
from tests.conftest import NOW

from siyu import pool
from siyu.analytics import lake
from siyu.base.ground import Ground

ROOT = Path(__file__).parents[3]
DEATHS = 16
KINDS = {"commit", "replace", "fsync"}


@pytest.mark.crash
def test_deaths_leave_neither_loss_nor_doubles(ground: Ground, tmp_path: Path) -> None:
    dice = random.Random(7)
    ends: Counter[str] = Counter()
    lives = subprocess.Popen(
        [sys.executable, "-m", "tests.analytics.lake.mortal"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert lives.stdin and lives.stdout
    try:
        for turn in range(4 * DEATHS):
            if turn >= DEATHS and _kinds(ends) >= KINDS:
                break  # where a life is cut off is luck: go on until every kind of moment was met
            _more_work(ground, dice, turn)
            note = tmp_path / f"end{turn}"
            only = "commits" if turn % 2 else "everything"
            end_at = dice.randint(1, 16 if turn % 2 else dice.choice((15, 60, 160)))
            told = {
                "end_at": end_at, "only": only, "note": str(note), "url": ground.db.url, "at": NOW.isoformat(),
                "folder": str(ground.config.data),
            }  # fmt: skip
            lives.stdin.write(json.dumps(told) + "\n")
            lives.stdin.flush()
            end = str(json.loads(lives.stdout.readline())["end"])
            assert not end.startswith(("error", "silence")), end
            ends[end] += 1
            if turn % 6 == 0:
                world.same(ground)  # whatever lies there, a report is right
    finally:
        lives.stdin.close()
        lives.wait(20)
    world.same(ground)
    lake.sync(ground)
    assert sorted(map(repr, world.listed(ground))) == sorted(map(repr, world.stored(ground)))
    assert world.on_disk(ground) == world.in_manifest(ground)
    assert not lake.status(ground, thorough=True).faults
    assert sum(count for end, count in ends.items() if not end.startswith("peace")) >= DEATHS // 2, ends
    assert _kinds(ends) >= KINDS, ends


def _kinds(ends: Counter[str]) -> set[str]:
    return {end.split()[1] for end in ends if not end.startswith("peace")}


def _more_work(ground: Ground, dice: random.Random, turn: int) -> None:
    """New facts, and now and then something that must leave, or a lost file."""
    world.record(ground, world.facts(dice, 20, turn * 20), turn % 4)
    if turn % 5 == 3:
        with ground.db.tx() as conn:
            pool.forget_import(ground, conn, dice.randint(1, 3))
    if turn % 7 == 5:
        with ground.db.tx() as conn:
            person = pool.person_of(ground, conn, world.member(dice.randrange(6)))
            if person is not None:
                pool.erase(ground, conn, person, by="test")
    files = sorted((ground.config.data / "lake").rglob("*.parquet"))
    if turn % 8 == 6 and files:
        dice.choice(files).unlink()
