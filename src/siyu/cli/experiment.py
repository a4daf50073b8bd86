"""`siyu experiment plan | read`: how many people it takes, and what a finished experiment in a file says. No server, no database."""

from __future__ import annotations

import argparse
import csv
import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from siyu.analytics import experiments as ex
from siyu.base.errors import InputError
from siyu.cli.screen import command, family, report, table, word


def add(subparsers: Any) -> None:
    """The grammar of this family of commands."""
    its = family(command(subparsers, "experiment", word("cli.experiment_about"), None))
    made = command(its, "plan", word("cli.experiment_plan"), run_plan)
    base = made.add_mutually_exclusive_group(required=True)
    base.add_argument("--rate", type=float, metavar="SHARE", help=word("cli.experiment_rate"))
    base.add_argument("--mean", type=float, metavar="MONEY", help=word("cli.experiment_mean"))
    made.add_argument("--deviation", type=float, default=None, metavar="MONEY", help=word("cli.experiment_deviation"))
    made.add_argument("--lift", type=float, required=True, metavar="SHARE", help=word("cli.experiment_lift"))
    made.add_argument("--holdout", type=float, default=0.1, metavar="SHARE", help=word("cli.experiment_holdout"))
    made.add_argument("--daily", type=float, default=0, metavar="N", help=word("cli.experiment_daily"))
    made.add_argument("--people", type=int, default=0, metavar="N", help=word("cli.experiment_people"))
    made.add_argument("--days", type=int, default=14, metavar="N", help=word("cli.experiment_days"))
    made.add_argument("--cut", type=float, default=0, metavar="SHARE", help=word("cli.experiment_cut"))
    read = command(its, "read", word("cli.experiment_read"), run_read)
    read.add_argument("file", type=Path, metavar="CSV")
    read.add_argument("--arm", required=True, metavar="COLUMN", help=word("cli.experiment_arm"))
    read.add_argument("--control", required=True, metavar="NAME", help=word("cli.experiment_control"))
    read.add_argument("--outcome", required=True, metavar="COLUMN", help=word("cli.experiment_outcome"))
    read.add_argument("--before", default=None, metavar="COLUMN", help=word("cli.experiment_before"))
    read.add_argument("--per", default=None, metavar="COLUMN", help=word("cli.experiment_per"))
    read.add_argument("--cluster", default=None, metavar="COLUMN", help=word("cli.experiment_cluster"))
    read.add_argument("--holdout", type=float, default=None, metavar="SHARE", help=word("cli.experiment_planned"))


def run_plan(args: argparse.Namespace) -> int:
    """Sizes, days and the price of a holdout, for the asked one and for others."""
    if args.mean is not None and args.deviation is None:
        raise InputError(word("cli.experiment_no_deviation"), word("cli.experiment_no_deviation_remedy"), field="deviation")
    if args.rate is not None and not 0 < args.rate < 1:
        raise InputError(word("cli.experiment_not_a_share"), word("cli.experiment_not_a_share_remedy"), field="rate")
    if not 0 <= args.cut < 1:
        raise InputError(word("cli.experiment_not_a_share"), word("cli.experiment_not_a_share_remedy"), field="cut")
    asked = ex.SizeQuestion(
        mean=args.rate if args.rate is not None else args.mean, deviation=args.deviation if args.mean is not None else None, lift=args.lift,
        share=args.holdout, daily=args.daily, people=args.people, measure_days=args.days, cut=args.cut,
    )  # fmt: skip
    try:
        found = ex.plan(asked)
    except ValueError:
        raise InputError(word("cli.experiment_impossible"), word("cli.experiment_not_a_share_remedy"), field="holdout") from None
    report(args, dataclasses.asdict(found), _plan_lines(found))
    return 0


def _plan_lines(found: ex.SizePlan) -> Iterator[str]:
    def whole(n: int | None) -> str:
        return "-" if n is None else f"{n:,}"

    rows = [
        (
            f"{row.share:.0%}{' *' if row is found.chosen else ''}", whole(row.people), whole(row.control), whole(row.days),
            "-" if row.visible_lift is None else f"{row.visible_lift:.1%}", f"{row.price:.2f}", f"{row.forgone:,.0f}",
        )
        for row in found.rows
    ]  # fmt: skip
    heads = ("holdout", "people", "control", "days", "visible", "price", "forgone")
    yield from table([word(f"cli.experiment_head_{name}") for name in heads], rows, right=range(1, 7))
    yield word("cli.experiment_plan_note", lift=f"{found.question.lift:.0%}")


def run_read(args: argparse.Namespace) -> int:
    """The difference of each arm to the control, read in every way that the file allows; one row a person."""
    columns = _columns(args.file, [args.arm, args.outcome, args.before, args.per, args.cluster])
    arm = np.array(columns[args.arm])
    names = sorted(set(arm.tolist()) - {args.control})
    if args.control not in arm or not names:
        raise InputError(word("cli.experiment_no_control", name=args.control), word("cli.experiment_no_control_remedy"), field="control")
    if args.holdout is not None and not 0 < args.holdout < 1:
        raise InputError(word("cli.experiment_not_a_share"), word("cli.experiment_not_a_share_remedy"), field="holdout")
    counts = {name: int((arm == name).sum()) for name in [args.control, *names]}
    rest = (1 - (args.holdout or 0)) / len(names)
    shares = [args.holdout, *([rest] * len(names))] if args.holdout else [1.0] * len(counts)
    split = ex.check_split(list(counts.values()), shares)
    numbers = {name: _numbers(columns, name) for name in (args.outcome, args.before, args.per) if name}
    arms = [_readings(args, columns, numbers, arm, name) for name in names]
    value = {"counts": counts, "split": dataclasses.asdict(split), "arms": arms}
    report(args, _plain(value), _read_lines(split, arms))
    return 0


def _readings(
    args: argparse.Namespace, columns: dict[str, list[str]], numbers: dict[str, ex.Values], arm: Any, name: str
) -> dict[str, Any]:  # fmt: skip
    mine = (arm == name) | (arm == args.control)
    treated, y = (arm == name)[mine], numbers[args.outcome][mine]
    found: dict[str, ex.Estimate] = {}
    if np.isin(y, (0.0, 1.0)).all():
        found["share"] = ex.of_shares((int(y[treated].sum()), int(treated.sum())), (int(y[~treated].sum()), int((~treated).sum())))
    found["plain"] = ex.of_means(ex.Sample.of(y[treated]), ex.Sample.of(y[~treated]))
    if args.before:
        adjusted = ex.cuped(y, numbers[args.before][mine])
        read = ex.of_means(ex.Sample.of(adjusted.values[treated]), ex.Sample.of(adjusted.values[~treated]))
        found["cuped"] = dataclasses.replace(read, method="cuped", cut=adjusted.cut)
    if args.per:
        found["ratio"] = ex.of_ratios(y, numbers[args.per][mine], treated)
    if args.cluster:
        found["clusters"] = ex.by_clusters(y, treated, np.array(columns[args.cluster])[mine])
    return {"arm": name, "readings": {key: dataclasses.asdict(one) | {"is_clear": one.is_clear} for key, one in found.items()}}


def _read_lines(split: ex.Split, arms: list[dict[str, Any]]) -> Iterator[str]:
    yield word("cli.experiment_split_broken" if split.is_broken else "cli.experiment_split_whole", p=f"{split.p:.4f}")
    rows = [
        (
            one["arm"], word(f"cli.experiment_by_{key}"), f"{r['difference']:,.6g}", f"{r['error']:,.4g}", f"{r['low']:,.6g}",
            f"{r['high']:,.6g}", f"{r['cut']:.1%}" if key == "cuped" else "",
        )
        for one in arms
        for key, r in one["readings"].items()
    ]  # fmt: skip
    heads = ("arm", "reading", "difference", "error", "low", "high", "cut")
    yield from table([word(f"cli.experiment_head_{name}") for name in heads], rows, right=range(2, 7))
    yield word("cli.experiment_read_note")


def _columns(file: Path, wanted: list[str | None]) -> dict[str, list[str]]:
    names = [name for name in wanted if name]
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text)
            missing = [name for name in names if name not in (reader.fieldnames or [])]
            if missing:
                raise InputError(
                    word("cli.experiment_no_column", name=missing[0]), word("cli.experiment_no_column_remedy"), field=missing[0]
                )
            rows = [[row[name] or "" for name in names] for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error):
        raise InputError(word("cli.experiment_no_file", file=file), word("cli.experiment_no_file_remedy"), field="file") from None
    return {name: [row[n] for row in rows] for n, name in enumerate(names)}


def _numbers(columns: dict[str, list[str]], name: str) -> ex.Values:
    made = np.empty(len(columns[name]))
    for n, text in enumerate(columns[name]):
        try:
            made[n] = float(text or 0)
        except ValueError:
            made[n] = math.nan
        if not math.isfinite(made[n]):
            raise InputError(word("cli.experiment_no_number", row=n + 2, name=name), word("cli.experiment_no_number_remedy"), field=name)
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
