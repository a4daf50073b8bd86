"""`make soak ARGS="--kills 5000 --seed 3"`: the long version of the crash story. Appends one JSON line to bench/results/soak.jsonl.
`make soak ARGS="month --customers 20000"` is the simulated month instead (tests/soak/month.py).

It is the same harness as tests/crash, with more deaths, on a server that syncs to disk. A failed promise ends it with the seed to replay.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.crash.test_whole_river import died_across_the_river
from tests.crash.zygote import KEYS
from tests.soak import month

from siyu.base import embedded, migrate
from siyu.base.clock import StillClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.ground import Ground

ROOT = Path(__file__).parents[2]
_DEATHS_A_BATCH = 4  # about how many lives it takes to finish the work of one batch


def main() -> int:
    """Run one soak; 0 when every promise held."""
    if sys.argv[1:2] == ["month"]:
        return month.main(sys.argv[2:])
    words = argparse.ArgumentParser(prog="make soak")
    words.add_argument("--kills", type=int, default=5_000)
    words.add_argument("--seed", type=int, default=1)
    args = words.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="siyu-soak-") as folder:
        server = embedded.start(Path(folder) / "data")
        try:
            db = Database(server.url, size=4)
            migrate.migrate(db)
            config = Config(Path(folder), server.url, "127.0.0.1", 0, "http://127.0.0.1:8000", "info")
            ground = Ground(db, StillClock(datetime(2026, 11, 20, 4, 0, tzinfo=UTC)), KEYS, config)
            seen = died_across_the_river(ground, Path(folder), kills=args.kills, batches=args.kills // _DEATHS_A_BATCH, seed=args.seed)
            db.close()
        finally:
            server.close()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    line = {
        "what": "kill -9 across the river", "commit": commit, "seed": args.seed, "kills": seen["kills"], "people": seen["people"],
        "sent": seen["sent"], "unknown": seen["unknown"], "letters": seen["letters"], "lost": 0, "doubled": 0,
        "seconds": round(time.monotonic() - began), "cores": os.cpu_count(), "python": platform.python_version(),
    }  # fmt: skip
    results = ROOT / "bench" / "results"
    results.mkdir(parents=True, exist_ok=True)
    with (results / "soak.jsonl").open("a") as out:
        out.write(json.dumps(line) + "\n")
    print(json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
