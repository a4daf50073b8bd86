"""How fast buying models are fitted: BG/NBD and Pareto/NBD whole (statistics from orders, fit, expected purchases and P(alive) of
everybody) against the library lifetimes in the same run, in CPU and wall seconds, with the parameters side by side.

Customers come from a BG/NBD process with known parameters (r .25, alpha 4.5, a .8, b 2.4); they first buy within a quarter and are seen for
78 weeks. Both sides begin with the same orders in a Parquet file. lifetimes is nothing that Siyu needs: where it cannot be imported, only
our side is measured, and that is said. Its Pareto/NBD takes minutes at a million, so it runs on `--pareto-share` of the people, and so
does ours beside it; the ratio is of that run. --large is ours alone: 10 M customers, statistics by DuckDB inside a memory limit, peak
memory printed.

Run: python -m bench.value_bench [--people 1000000] [--pareto-share 0.1] [--json] | --large
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from siyu.analytics.value import MODELS, States, fit

TRUE = {"r": 0.25, "alpha": 4.5, "a": 0.8, "b": 2.4}
END = 78 * 7  # days
_FIRST_WITHIN = 91  # days
_PART = 500_000
_AHEAD = 52.0  # weeks

# One purchase a customer and day; the states are what the likelihood needs, `who` joins the answers back.
STATISTICS = """
create temp table s as
select customer, (count(*) - 1)::double as x, (max(day) - min(day)) / 7.0 as t_x, ({end} - min(day)) / 7.0 as t_obs
from (select distinct customer, day from read_parquet('{orders}') where customer < {below}) group by customer
"""
COLLAPSE = "create temp table g as select x, t_x, t_obs, count(*) as w, row_number() over () - 1 as state from s group by all"
BACK = """
create temp table answer as select s.customer, a.expected, a.alive from s join g using (x, t_x, t_obs) join answers a using (state)
"""


def make(folder: Path, people: int, seed: int = 7) -> int:
    """Orders of simulated customers, in Parquet files of `folder`; how many."""
    dice = np.random.default_rng(seed)
    orders = 0
    for start in range(0, people, _PART):
        n = min(_PART, people - start)
        rate = np.maximum(dice.gamma(TRUE["r"], 1 / TRUE["alpha"], n) / 7, 1e-12)  # a day
        leave = dice.beta(TRUE["a"], TRUE["b"], n)
        at = dice.integers(0, _FIRST_WITHIN, n).astype(float)
        who = np.arange(start, start + n)
        customers, days = [who], [at.astype(np.int32)]
        while len(who):
            at = at + dice.exponential(1.0, len(who)) / rate
            here = at < END
            who, at, rate, leave = who[here], at[here], rate[here], leave[here]
            customers.append(who)
            days.append(at.astype(np.int32))
            stays = dice.random(len(who)) >= leave
            who, at, rate, leave = who[stays], at[stays], rate[stays], leave[stays]
        order = dice.permutation(sum(map(len, customers)))
        with duckdb.connect() as duck:
            duck.register("made", {"customer": np.concatenate(customers)[order], "day": np.concatenate(days)[order]})
            duck.execute(f"copy made to '{folder}/{start}.parquet'")
        orders += len(order)
    return orders


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What it gives, CPU seconds of this process, wall seconds."""
    wall, cpu = time.monotonic(), time.process_time()
    found = work()
    return found, time.process_time() - cpu, time.monotonic() - wall


def ours(orders: str, model: str, memory: str = "1GB", below: int | None = None) -> dict[str, Any]:
    """Statistics, collapse, fit, predict, join back; a line of what each took."""
    told: dict[str, Any] = {"model": model}
    with duckdb.connect(config={"memory_limit": memory, "threads": 2}) as duck:

        def statistics() -> None:
            duck.execute(STATISTICS.format(orders=orders, end=END, below=2**62 if below is None else below))
            duck.execute(COLLAPSE)

        _, *told["statistics"] = timed(statistics)
        columns = duck.execute("select x, t_x, t_obs, w from g order by state").fetchnumpy()
        states = States(*(np.asarray(columns[name], dtype=np.float64) for name in ("x", "t_x", "t_obs", "w")))
        found, *told["fit"] = timed(lambda: fit(model, states))

        def predict() -> int:
            expected = MODELS[model].expected(found.params, states, _AHEAD)
            alive = MODELS[model].p_alive(found.params, states)
            duck.register("answers", {"state": np.arange(len(states)), "expected": expected, "alive": alive})
            duck.execute(BACK)
            row = duck.execute("select count(*) from answer").fetchone()
            return int(row[0]) if row else 0

        people, *told["predict"] = timed(predict)
    told |= {"people": people, "states": len(states), "parameters": found.as_dict(), "log_likelihood": found.log_likelihood}
    return told | {"cpu": _sum(told, 0), "wall": _sum(told, 1)}


def theirs(orders: str, model: str, below: int | None = None) -> dict[str, Any]:
    """The same by lifetimes: its own summary of transactions, its fit, its predictions."""
    pandas = importlib.import_module("pandas")
    lifetimes = importlib.import_module("lifetimes")
    utils = importlib.import_module("lifetimes.utils")
    told: dict[str, Any] = {"model": model}
    where = "" if below is None else f" where customer < {below}"
    frame = duckdb.sql(f"select customer, day from read_parquet('{orders}'){where}").fetchnumpy()
    log = pandas.DataFrame({"customer": frame["customer"], "day": pandas.Timestamp("2020-01-01") + pandas.to_timedelta(frame["day"], "D")})
    end = pandas.Timestamp("2020-01-01") + pandas.Timedelta(days=END)
    summary, *told["statistics"] = timed(
        lambda: utils.summary_data_from_transaction_data(log, "customer", "day", observation_period_end=end, freq="D", freq_multiplier=7)
    )
    fitter = lifetimes.BetaGeoFitter() if model == "bg/nbd" else lifetimes.ParetoNBDFitter()
    told["fit"] = timed(lambda: fitter.fit(summary["frequency"], summary["recency"], summary["T"]))[1:]

    def predict() -> None:
        fitter.conditional_expected_number_of_purchases_up_to_time(_AHEAD, summary["frequency"], summary["recency"], summary["T"])
        fitter.conditional_probability_alive(summary["frequency"], summary["recency"], summary["T"])

    told["predict"] = timed(predict)[1:]
    told |= {"people": len(summary), "parameters": {name: float(value) for name, value in fitter.params_.items()}}
    return told | {"cpu": _sum(told, 0), "wall": _sum(told, 1)}


def _sum(told: dict[str, Any], place: int) -> float:
    return float(sum(told[part][place] for part in ("statistics", "fit", "predict")))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024


def _line(name: str, told: dict[str, Any]) -> str:
    parts = "  ".join(f"{part} {told[part][0]:.1f}/{told[part][1]:.1f}" for part in ("statistics", "fit", "predict"))
    parameters = "  ".join(f"{key} {value:.4f}" for key, value in told["parameters"].items())
    whole = f"all {told['cpu']:.1f}/{told['wall']:.1f} CPU/wall s"
    return f"{name:<10} {told['model']:<11} {told['people']:>11,} people  {parts}  {whole}\n{'':<23}{parameters}"


def main() -> int:
    """Make the orders, run both sides, print ratios."""
    words = argparse.ArgumentParser(prog="python -m bench.value_bench")
    words.add_argument("--people", type=int, default=1_000_000)
    words.add_argument("--pareto-share", type=float, default=0.1)
    words.add_argument("--large", action="store_true", help="10 M customers, ours alone, inside 4 GB")
    words.add_argument("--json", action="store_true")
    args = words.parse_args()
    people = 10_000_000 if args.large else args.people
    has_them = not args.large and importlib.util.find_spec("lifetimes") is not None
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="siyu-bench-") as folder:
        count = make(Path(folder), people)
        print(f"{people:,} customers, {count:,} orders; made with {_peak():.1f} GB", file=sys.stderr)
        orders = f"{folder}/*.parquet"
        for model in ("bg/nbd", "pareto/nbd"):
            mine = ours(orders, model, "1500MB" if args.large else "1GB")
            print(_line("siyu", mine), file=sys.stderr)
            row: dict[str, Any] = {"siyu": mine}
            if has_them:
                below = None if model == "bg/nbd" else round(people * args.pareto_share)
                part = mine if below is None or below >= people else ours(orders, model, below=below)
                them = theirs(orders, model, below)
                gap = max(abs(part["parameters"][name] / value - 1) for name, value in them["parameters"].items())
                row |= {
                    "beside": part,
                    "lifetimes": them,
                    "cpu_ratio": them["cpu"] / part["cpu"],
                    "wall_ratio": them["wall"] / part["wall"],
                    "gap": gap,
                }
                if part is not mine:
                    print(_line("siyu", part), file=sys.stderr)
                print(_line("lifetimes", them), file=sys.stderr)
                print(
                    f"  {row['cpu_ratio']:.1f} times faster in CPU seconds, {row['wall_ratio']:.1f} in wall; parameters differ by {gap:.2%}"
                    f" at most", file=sys.stderr,
                )  # fmt: skip
            rows.append(row)
    if not has_them and not args.large:
        print("lifetimes is not installed here (pip install lifetimes): only our side was measured.", file=sys.stderr)
    print(f"peak {_peak():.2f} GB", file=sys.stderr)
    if args.json:
        print(json.dumps({"people": people, "orders": count, "rows": rows, "peak_gb": _peak()}, default=float))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
