"""Spend and product costs from tables as advertising desks and ERPs write them: any common encoding, Chinese or English headers."""

from __future__ import annotations

import calendar
import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from siyu.analytics.ledger.words import Dims, ProductCost, Spend
from siyu.base.errors import InputError
from siyu.base.money import to_minor

MOST_ROWS = 20_000
MOST_BYTES = 8 * 1024**2

_HEADS = {
    "channel": "channel 渠道 平台 媒体 媒体平台 推广渠道 投放渠道 投放平台 来源 platform media source utm_source",
    "campaign": "campaign 活动 活动名称 计划 推广计划 广告计划 计划名称 推广计划名称 广告系列 campaign_name utm_campaign",
    "code": "code 码 活码 渠道码 推广码 邀请码 state utm_content",
    "guide": "guide 导购 员工 顾问 销售",
    "store": "store 门店 店铺 店 shop",
    "amount": "amount 花费 消耗 消费 费用 金额 支出 投放费用 投放金额 广告费 推广费 总花费 总消耗 cost spend spent",
    "day": "day date 日期 时间 投放日期 统计日期",
    "month": "month 月份 月 统计月份",
    "from_on": "from from_on 开始 开始日期 起始日期 开始时间 start start_date",
    "to_on": "to to_on 结束 结束日期 截止日期 结束时间 end end_date",
    "currency": "currency 币种 货币",
    "note": "note 备注 说明 remark",
    "ref": "ref 编号 流水号 单号 id",
    "sku": "sku 商品编码 货号 商品编号 商家编码 产品编码 sku编码 stockcode",
    "cost": "cost 成本 成本价 单位成本 进价 unit_cost cost_price",
}
_WORDS = {kind: {word.replace("_", "") for word in words.split()} for kind, words in _HEADS.items()}
_SPEND = ("channel", "campaign", "code", "guide", "store", "amount", "day", "month", "from_on", "to_on", "currency", "note", "ref")
_COST = ("sku", "cost", "from_on", "day", "currency")
_MARKS = re.compile(r"[(（\[].*?[)）\]]|[^0-9a-z\u3400-\u9fff]+")
_MONEY = re.compile(r"[¥￥$£€,，\s元]")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(\d{1,2})\s*日?)?\s*月?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})?")


@dataclass(frozen=True)
class Fault:
    """A row that cannot be read: which row (the header is 1), which field, and why (a code of the texts `analytics.ledger_fault_...`)."""

    row: int
    field: str
    code: str


def read_spends(raw: bytes, currency: str) -> tuple[list[Spend], list[Fault]]:
    """The spends of a table, and what is wrong with rows that are none. Raises `InputError` for what is no table of spend."""
    found, faults = [], []
    for number, cells in _rows(raw, _SPEND, needed=("amount",), one_of=("day", "month", "from_on")):
        try:
            money = _currency(cells.get("currency", ""), currency)
            amount = _amount(cells.get("amount", ""), money, "amount")
            begin, end = _period(cells)
            dims = Dims(*(cells.get(name, "") for name in Dims._fields))
            if not any(dims):
                raise _No("channel", "nothing_named")
            found.append(Spend(amount, begin, end, dims, money, cells.get("note", ""), cells.get("ref", "")))
        except _No as no:
            faults.append(Fault(number, no.field, no.code))
    return _numbered(found), faults


def read_costs(raw: bytes, currency: str) -> tuple[list[ProductCost], list[Fault]]:
    """The product costs of a table, and what is wrong with rows that are none. Without a day a cost holds from the beginning."""
    found, faults = [], []
    for number, cells in _rows(raw, _COST, needed=("sku", "cost"), one_of=()):
        try:
            if not cells.get("sku"):
                raise _No("sku", "empty")
            money = _currency(cells.get("currency", ""), currency)
            minor = _amount(cells.get("cost", ""), money, "cost")
            if minor < 0:
                raise _No("cost", "below_zero")
            said = cells.get("from_on") or cells.get("day") or ""
            found.append(ProductCost(cells["sku"], _day(said, "from_on")[0] if said else date(1990, 1, 1), minor, money))
        except _No as no:
            faults.append(Fault(number, no.field, no.code))
    return found, faults


class _No(Exception):
    def __init__(self, field: str, code: str) -> None:
        super().__init__(code)
        self.field, self.code = field, code


def _numbered(spends: list[Spend]) -> list[Spend]:
    """Rows of one table that agree in everything are different spends: the second and later ones get a number as their reference."""
    seen: dict[Spend, int] = {}
    made = []
    for one in spends:
        seen[one] = seen.get(one, 0) + 1
        made.append(one if seen[one] == 1 else replace(one, ref=f"{one.ref}#{seen[one]}"))
    return made


def _rows(raw: bytes, fields: tuple[str, ...], needed: tuple[str, ...], one_of: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    if len(raw) > MOST_BYTES:
        raise InputError("The table is larger than 8 MB.", "Cut it into several.", field="file")
    text = _text(raw)
    lines = text.splitlines()
    head = next((line for line in lines if line.strip()), "")
    mark = max(",\t;，", key=head.count)
    table = csv.reader(io.StringIO(text), delimiter=mark)
    columns: dict[int, str] = {}
    for number, row in enumerate(table, 1):
        if not any(cell.strip() for cell in row):
            continue
        if not columns:
            columns = _columns(row, fields)
            missing = [name for name in needed if name not in columns.values()]
            if missing or (one_of and not set(one_of) & set(columns.values())):
                wanted = ", ".join([*missing, *([" / ".join(one_of)] if one_of and not set(one_of) & set(columns.values()) else [])])
                raise InputError(f"The first row names no column for: {wanted}.", "Give a header row, as in docs/ledger.md.", field="file")
            continue
        if number > MOST_ROWS:
            raise InputError("The table has more than 20,000 rows.", "Cut it into several.", field="file")
        yield number, {name: " ".join(row[at].split()) for at, name in columns.items() if at < len(row)}
    if not columns:
        raise InputError("The table is empty.", "Give a header row and at least one row.", field="file")


def _text(raw: bytes) -> str:
    for encoding in ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise InputError("This is no text table.", "Save it as CSV (UTF-8 or GBK).", field="file")


def _columns(row: list[str], fields: tuple[str, ...]) -> dict[int, str]:
    made: dict[int, str] = {}
    for at, cell in enumerate(row):
        plain = _MARKS.sub("", unicodedata.normalize("NFKC", cell).lower())
        name = next((name for name in fields if plain in _WORDS[name] and name not in made.values()), None)
        if name:
            made[at] = name
    return made


def _currency(given: str, otherwise: str) -> str:
    if not given:
        return otherwise
    code = {"人民币": "CNY", "RMB": "CNY"}.get(given.upper(), given.upper())
    if not re.fullmatch(r"[A-Z]{3}", code, re.ASCII):
        raise _No("currency", "currency")
    return code


def _amount(given: str, currency: str, field: str) -> int:
    plain = _MONEY.sub("", unicodedata.normalize("NFKC", given))
    if not plain:
        raise _No(field, "empty")
    if plain.startswith("(") and plain.endswith(")"):
        plain = "-" + plain[1:-1]
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise _No(field, "number") from None
    if not amount.is_finite() or abs(amount) > 10**10:
        raise _No(field, "number")
    minor = to_minor(amount, currency)
    if not minor and field == "amount":
        raise _No(field, "zero")
    return minor


def _period(cells: dict[str, str]) -> tuple[date, date]:
    begin = cells.get("from_on") or cells.get("day") or cells.get("month") or ""
    first, last = _day(begin, "from_on")
    if cells.get("to_on"):
        last = _day(cells["to_on"], "to_on")[1]
    if last < first:
        raise _No("to_on", "backwards")
    if (last - first).days > 365:
        raise _No("to_on", "too_long")
    return first, last


def _day(given: str, field: str) -> tuple[date, date]:
    """A day, or all of a month."""
    if not given:
        raise _No(field, "empty")
    plain = unicodedata.normalize("NFKC", given).strip()
    match = _DAY.fullmatch(plain) or _COMPACT.fullmatch(plain)
    try:
        if match is None:
            raise ValueError
        year, month = int(match[1]), int(match[2])
        if match[3]:
            return date(year, month, int(match[3])), date(year, month, int(match[3]))
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    except ValueError:
        raise _No(field, "date") from None
