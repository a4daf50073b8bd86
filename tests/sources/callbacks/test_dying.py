"""kill -9 between storing and answering, and while callbacks become facts: nothing answered is lost, nothing takes effect twice."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import NOW
from tests.sources.callbacks.conftest import CORP, KEY, keep

from siyu.base.ground import Ground
from siyu.vendors import CallbackKeys, VendorKind

ROOT = Path(__file__).parents[3]


def died(ground: Ground, folder: Path, *, kills: int, deliveries: int, seed: int) -> Counter[str]:
    """Let lives die, then one live in peace; check every promise; where they died."""
    account = keep(ground, VendorKind.WECOM, CORP, CallbackKeys("QDG6eK", KEY))
    words: dict[str, Any] = {
        "url": ground.db.url, "at": NOW.isoformat(), "folder": str(folder), "deliveries": deliveries, "account_id": account.account_id,
    }  # fmt: skip
    dice, ends = random.Random(seed), Counter[str]()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.sources.callbacks.dying"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdin
    assert process.stdout
    try:
        for life in range(kills + 1):
            end_at = dice.randint(2, 24) if life < kills else 0
            process.stdin.write(json.dumps(words | {"end_at": end_at}) + "\n")
            process.stdin.flush()
            end = str(json.loads(process.stdout.readline())["end"])
            assert not end.startswith(("error", "silence")), end
            ends[" ".join(end.split()[:3]) if not end.startswith("peace") else "peace"] += 1
    finally:
        process.stdin.close()
        process.wait(20)
    with ground.db.tx() as conn:
        answered = [int(line) for line in (folder / "answered").read_text().splitlines()]
        stored = conn.execute("select state, count(*) from callbacks group by 1").fetchall()
        found = Counter(
            row[0] for row in conn.execute("select i.value from facts f join identifiers i on i.identifier_id = f.subject")
        )  # fmt: skip
        wished = Counter(row[0] for row in conn.execute("select ref->>'external_userid' from sync_wishes"))
    assert answered == list(range(deliveries))
    assert stored == [("done", deliveries)]
    assert found == Counter({f"wmD{n}": 1 for n in range(deliveries)})
    assert wished == found, "the wish and the mark of being done are one transaction"
    return ends


@pytest.mark.crash
def test_a_few_deaths(ground: Ground, tmp_path: Path) -> None:
    ends = died(ground, tmp_path, kills=10, deliveries=50, seed=3)
    assert sum(count for end, count in ends.items() if end != "peace") >= 7
