"""`siyu diagnose ORDERS`: is a private pool worth it here? From nothing but an order file: no server, no account, no database."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

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
        raise InputError(*fault.in_words(lang), field=fault.field) from None
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
    rows: list[tuple[int, int, int, int, int, int]] = []
    currencies: dict[str, int] = {}
    lines = rejected = future = 0
    currency = read.mapping.currency
    zone = ZoneInfo(read.mapping.time_zone or brand.time_zone)
    with Progress(word("cli.diagnose_reading"), read.look.rows_n) as bar:
        for turned in read.turned:
            lines += turned.rows_n - turned.blank_n
            late = sum(one.code == "date_in_future" for one in turned.rejects)
            future, rejected = future + late, rejected + len(turned.rejects) - late
            for fact in (*turned.facts, *turned.side):
                kind = _KINDS.get(fact.type)
                if kind is None or fact.amount_minor is None:
                    continue
                used = fact.currency or currency
                currencies[used] = currencies.get(used, 0) + 1
                person = min(fact.identifiers, key=lambda i: pool.ORDER[i.kind]) if fact.identifiers else None
                code = -1 if person is None else who.setdefault((person.kind, person.value), len(who))
                order = -1 if fact.object is None else orders.setdefault(fact.object, len(orders))
                day = fact.occurred_at.astimezone(zone).toordinal() - _EPOCH  # the shop's own day
                rows.append((code, order, day, fact.amount_minor, kind, int(fact.data.get("discount_minor", 0))))
            bar.to(lines)
    if currencies:
        currency = max(currencies, key=lambda name: currencies[name])
        if len(currencies) > 1:
            note(word("cli.diagnose_currencies", currency=currency, others=", ".join(sorted(set(currencies) - {currency}))))
            raise InputError(word("cli.diagnose_mixed"), word("cli.diagnose_mixed_remedy"), field="currency")
    columns = np.array(rows, dtype=np.int64).reshape(-1, 6)
    as_of = args.as_of.toordinal() - _EPOCH if args.as_of else int(columns[:, 2].max()) if len(columns) else 0
    kept = columns[columns[:, 2] <= as_of]
    return Trade(
        customer=kept[:, 0], order=kept[:, 1], day=kept[:, 2], minor=kept[:, 3], kind=kept[:, 4],
        discount_minor=kept[:, 5] if (kept[:, 5] > 0).any() else None,
        currency=currency, as_of_day=as_of, lines=lines - rejected - future, rejected=rejected, future=future + len(columns) - len(kept),
    )  # fmt: skip


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
