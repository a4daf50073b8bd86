"""`siyu diagnose ORDERS`: is a private pool worth it here? From nothing but an order file: no server, no account, no database."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from siyu import pool
from siyu.analytics import diagnosis
from siyu.analytics.diagnosis import OTHER, PAID, REFUNDED, Assumptions, Trade
from siyu.base.clock import SystemClock
from siyu.base.errors import InputError
from siyu.base.money import digits, show
from siyu.base.text import say
from siyu.cli.progress import Progress
from siyu.cli.screen import command, language, note, plain, report, word
from siyu.sources import files
from siyu.sources.files import FileFault, NotSettled, Options, Wish

_EPOCH = date(1970, 1, 1).toordinal()
Columns = NDArray[np.int64]
_QUARTER = 900  # seconds
_KINDS = {"order.paid": PAID, "order.refunded": REFUNDED, "order.adjusted": OTHER}


def add(subparsers: Any) -> None:
    """The grammar of this command."""
    made = command(subparsers, "diagnose", word("cli.diagnose_about"), run)
    made.add_argument("file", type=Path, metavar="ORDERS")
    made.add_argument("--out", type=Path, default=None, metavar="HTML", help=word("cli.diagnose_out"))
    made.add_argument("--lang", choices=["zh", "en"], default=None, help=word("cli.diagnose_lang"))
    made.add_argument("--margin", type=float, default=None, metavar="SHARE", help=word("cli.diagnose_margin"))
    made.add_argument("--guide-cost", type=float, default=None, metavar="MONEY", help=word("cli.diagnose_guide"))
    made.add_argument("--capacity", type=int, default=None, metavar="N", help=word("cli.diagnose_capacity"))
    made.add_argument("--lift", type=float, default=None, metavar="SHARE", help=word("cli.diagnose_lift"))
    made.add_argument("--as-of", type=datetime.fromisoformat, default=None, metavar="DATE", help=word("cli.diagnose_as_of"))
    made.add_argument("--currency", default=None, metavar="CODE", help=word("cli.import_currency"))
    made.add_argument("--time-zone", default=None, metavar="ZONE", help=word("cli.import_time_zone"))
    order = made.add_mutually_exclusive_group()
    order.add_argument("--day-first", dest="day_first", action="store_true", default=None, help=word("cli.import_day_first"))
    order.add_argument("--month-first", dest="day_first", action="store_false", default=None, help=word("cli.import_month_first"))
    made.add_argument("--encoding", default=None, help=word("cli.import_encoding"))
    made.add_argument("--sheet", default=None, metavar="NAME", help=word("cli.import_sheet"))


def run(args: argparse.Namespace) -> int:
    """Read, judge, write the report beside the file (or where --out says)."""
    began = time.monotonic()
    lang = args.lang or language()
    if not args.file.is_file():
        raise InputError(word("cli.diagnose_no_file", file=args.file), word("cli.diagnose_no_file_remedy"), field="file")
    try:
        trade = _read(args, lang)
    except FileFault as fault:
        raise InputError(*fault.told(lang), field=fault.field) from None
    except NotSettled as open_:
        raise InputError(files.note_in_words(open_.note, lang), word("cli.import_settle"), field=open_.field) from None
    found = diagnosis.diagnose(trade, _assumptions(args, trade.currency), lang)
    out = args.out or args.file.with_name(args.file.name.split(".")[0] + f"-diagnosis-{lang}.html")
    out.write_text(diagnosis.report(found, args.file.name, lang), "utf-8")
    value = diagnosis.as_json(found) | {"report": str(out), "seconds": round(time.monotonic() - began, 2)}
    report(args, plain(value), _lines(found, out, lang))
    return 0


def _assumptions(args: argparse.Namespace, currency: str) -> Assumptions:
    unit = 10 ** digits(currency)
    plain_ones = Assumptions()
    guide = args.guide_cost if args.guide_cost is not None else diagnosis.GUIDE_MONTH.get(currency, diagnosis.GUIDE_MONTH["USD"])
    margin = plain_ones.margin if args.margin is None else args.margin
    lift = plain_ones.guide_lift if args.lift is None else args.lift
    if not 0 < margin <= 1 or not 0 <= lift <= 5:
        raise InputError(word("cli.diagnose_share"), word("cli.diagnose_share_remedy"), field="margin")
    return Assumptions(
        margin=margin,
        guide_lift=lift,
        guide_month_minor=round(guide * unit),
        guide_capacity=args.capacity or plain_ones.guide_capacity,
        platform_month_minor=round(diagnosis.PLATFORM_MONTH.get(currency, diagnosis.PLATFORM_MONTH["USD"]) * unit),
    )


def _read(args: argparse.Namespace, lang: str) -> Trade:
    """The file as columns. Customers and orders become numbers here; nothing of a person goes further."""
    now = SystemClock().now()
    brand = pool.Brand("", args.currency or ("CNY" if lang == "zh" else "USD"), args.time_zone or "Asia/Shanghai", lang)
    options = Options(
        currency=args.currency, time_zone=args.time_zone, day_first=args.day_first, wish=Wish(args.encoding, None, args.sheet)
    )
    read = files.read_offline(args.file, options, brand=brand, now=now)
    if read.mapping.kind not in ("orders", "order_lines"):
        raise InputError(word("cli.diagnose_not_orders"), word("cli.diagnose_not_orders_remedy"), field="file")
    who: dict[Any, int] = {}
    orders: dict[str, int] = {}
    stretches: list[Columns] = []
    currencies: dict[str, int] = {}
    lines = rejected = future = 0
    currency = read.mapping.currency
    zone = ZoneInfo(read.mapping.time_zone or brand.time_zone)
    with Progress(word("cli.diagnose_reading"), read.look.rows_n) as bar:
        for turned in read.turned:
            lines += turned.rows_n - turned.blank_n
            late = sum(one.code == "date_in_future" for one in turned.rejects)
            future, rejected = future + late, rejected + len(turned.rejects) - late
            kept = [f for f in (*turned.facts, *turned.side) if f.type in _KINDS and f.amount_minor is not None]
            for used in [f.currency or currency for f in kept]:
                currencies[used] = currencies.get(used, 0) + 1
            first = [f.identifiers[0] if len(f.identifiers) == 1 else _strongest(f.identifiers) for f in kept]
            stretches.append(
                np.array(
                    [
                        [-1 if i is None else who.setdefault((i.kind, i.value), len(who)) for i in first],
                        [-1 if f.object is None else orders.setdefault(f.object, len(orders)) for f in kept],
                        _days([f.occurred_at for f in kept], zone),
                        [f.amount_minor for f in kept],
                        [_KINDS[f.type] for f in kept],
                        [int(f.data.get("discount_minor", 0)) for f in kept],
                    ],
                    dtype=np.int64,
                )
            )
            bar.to(lines)
    if currencies:
        currency = max(currencies, key=lambda name: currencies[name])
        if len(currencies) > 1:
            note(word("cli.diagnose_currencies", currency=currency, others=", ".join(sorted(set(currencies) - {currency}))))
            raise InputError(word("cli.diagnose_mixed"), word("cli.diagnose_mixed_remedy"), field="currency")
    columns = np.concatenate(stretches, axis=1) if stretches else np.zeros((6, 0), dtype=np.int64)
    days = columns[2]
    as_of = args.as_of.toordinal() - _EPOCH if args.as_of else int(days.max()) if len(days) else 0
    believed = columns[:, days <= as_of]
    customer, order, day, minor, kind, off = believed
    return Trade(
        customer=customer, order=order, day=day, minor=minor, kind=kind, discount_minor=off if (off > 0).any() else None,
        currency=currency, as_of_day=as_of, lines=lines - rejected - future, rejected=rejected,
        future=future + len(days) - believed.shape[1], is_currency_assumed=not read.is_currency_told,
    )  # fmt: skip


def _strongest(identifiers: Sequence[pool.Identifier]) -> pool.Identifier | None:
    return min(identifiers, key=lambda i: pool.ORDER[i.kind], default=None)


def _days(moments: Sequence[datetime], zone: ZoneInfo) -> Columns:
    """The shop's own days since 1970-01-01: zones change at quarter hours of UTC, so each quarter that occurs is looked up once."""
    seconds = np.array([moment.timestamp() for moment in moments], dtype=np.float64)
    quarters, at = np.unique(np.floor(seconds / _QUARTER).astype(np.int64), return_inverse=True)
    local = [datetime.fromtimestamp(q * _QUARTER, UTC).astimezone(zone).toordinal() - _EPOCH for q in quarters.tolist()]
    return np.array(local, dtype=np.int64)[at]


def _lines(found: diagnosis.Diagnosis, out: Path, lang: str) -> Iterator[str]:
    yield diagnosis.headline(found, lang)
    yield ""
    for sentence in diagnosis.sentences(found, lang):
        yield f"- {sentence}"
    if "model" in found.value:
        pool_value = found.value["pool"]
        low, high = (show(round(pool_value[name]), found.currency, short=True, lang=lang) for name in ("low", "high"))
        yield ""
        yield say(
            "cli.diagnose_pool", lang, value=show(round(pool_value["value"]), found.currency, short=True, lang=lang), low=low, high=high
        )
    yield say("cli.diagnose_report", lang, file=out)
