"""`make bench`: every measurement, one after the other, or those that are named: `make bench ARGS="gate segments --small"`.

Each is a program of its own with its yardstick beside it (see its docstring); the tables go to docs/performance.md by hand, with the
commit they were measured at.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

FULL = {
    "import": ["bench.import_bench"],
    "ingest": ["bench.ingest_bench"],
    "callbacks": ["bench.callbacks_bench"],
    "sync": ["bench.sync_bench"],
    "welcome": ["bench.welcome_bench"],
    "pool": ["bench.pool_bench"],
    "latency": ["bench.latency_bench"],
    "segments": ["bench.segment_bench"],
    "gate": ["bench.gate_bench"],
    "pages": ["bench.pages_bench"],
    "lake": ["bench.lake_bench"],
    "value": ["bench.value_bench"],
    "diagnose": ["bench.diagnose_bench"],
    "ledger": ["bench.ledger_bench"],
}
SMALL = {
    "import": ["--rounds", "1"],
    "ingest": ["--events", "5000", "--rounds", "1"],
    "callbacks": ["--seconds", "5", "--rounds", "1"],
    "welcome": ["--rate", "20", "--seconds", "5"],
    "sync": ["--contacts", "5000", "--guides", "10"],
    "pool": ["--facts", "20000", "--rounds", "1"],
    "latency": ["--seconds", "5"],
    "segments": ["--people", "50000", "--rounds", "2"],
    "gate": ["--people", "50000"],
    "pages": ["--people", "50000", "--rounds", "5"],
    "lake": ["--facts", "300000", "--people", "30000", "--rounds", "1"],
    "value": ["--people", "50000", "--pareto-share", "0.2"],
    "diagnose": ["--lines", "100000"],
    "ledger": ["--lines", "30000"],
}


def main() -> int:
    """Run the measurements; the worst exit code of them all."""
    words = argparse.ArgumentParser(prog="make bench")
    words.add_argument("names", nargs="*", choices=[*FULL, []], metavar="NAME", help=", ".join(FULL))
    words.add_argument("--small", action="store_true", help="a few minutes instead of an hour")
    args = words.parse_args()
    worst = 0
    for name in args.names or FULL:
        print(f"\n== {name}", flush=True)
        more = SMALL[name] if args.small else []
        worst = max(worst, subprocess.run([sys.executable, "-m", *FULL[name], *more], check=False).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
