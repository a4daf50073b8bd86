"""How long `siyu diagnose` takes from a file to its report: a million order lines against the goal of 60 s, with the peak memory.

The lines are simulated (a shop of two years, Zipf-like buyers, a twentieth refunded) and written as CSV; the command runs as a process of
its own, as people run it. Yardstick: DuckDB reading the same CSV and adding it up, in the same run.

Run: python -m bench.diagnose_bench [--lines 1000000] [--json]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

LINES = """
copy (
    select 'N' || (n // 3) as order_no,
        'C' || floor({people} * power(hash(n // 3 * 7) / 18446744073709551616.0, 1.7))::bigint as customer_id,
        strftime(timestamp '2024-11-20' + to_seconds((hash(n // 3) % 63072000)::bigint), '%Y-%m-%d %H:%M:%S') as paid_at,
        (500 + hash(n) % 60000) / 100.0 * case when hash(n * 3) % 20 = 0 then -1 else 1 end as amount,
        'S' || hash(n) % 1000 as sku, 1 as quantity
    from range({lines}) t(n)
) to '{file}' (header)
"""
READ = "select customer_id, count(*), sum(amount), min(paid_at), max(paid_at) from read_csv('{file}') group by 1"


def main() -> int:
    """Write the file, run the command and the yardstick, print both."""
    words = argparse.ArgumentParser(prog="python -m bench.diagnose_bench")
    words.add_argument("--lines", type=int, default=1_000_000)
    words.add_argument("--json", action="store_true")
    args = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="siyu-bench-") as folder:
        file = Path(folder) / "orders.csv"
        duckdb.sql(LINES.format(lines=args.lines, people=max(100, args.lines // 15), file=file))
        began = time.monotonic()
        duckdb.sql(READ.format(file=file)).fetchall()
        yardstick = time.monotonic() - began
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "siyu.cli", "--json", "diagnose", str(file), "--out", f"{folder}/report.html", "--lang", "en",
             "--currency", "CNY"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        seconds = time.monotonic() - began
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            print(done.stderr[-2000:] or done.stdout[-2000:], file=sys.stderr)
            return 1
        told = json.loads(done.stdout)
        report = Path(told["report"]).stat().st_size
    row = {
        "lines": args.lines, "customers": told["customers"], "seconds": seconds, "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_gb": usage.ru_maxrss / 1024 / 1024, "report_kb": report / 1024, "yardstick_seconds": yardstick,
        "model": told["model"]["name"], "rejected": told["rejected"],
    }  # fmt: skip
    print(
        f"{args.lines:,} lines, {row['customers']:,} customers: report ({row['report_kb']:.0f} kB) in {seconds:.1f} s wall,"
        f" {row['cpu_seconds']:.1f} s CPU, {row['peak_gb']:.2f} GB peak; DuckDB only adds the file up in {yardstick:.2f} s"
    )
    if args.json:
        print(json.dumps(row))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
