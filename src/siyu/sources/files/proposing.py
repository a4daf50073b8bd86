"""From a header and a sample of rows to a proposed mapping: what each column means, how sure we are, and how values are to be read."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from siyu.pool import Brand, Kind, normal
from siyu.sources.files import fields
from siyu.sources.files.values import amounts, plain
from siyu.sources.files.values.moments import WHICH_DAY, Moments, day_order
from siyu.sources.files.values.plain import Bad, bare
from siyu.sources.files.values.statuses import meaning_of
from siyu.sources.files.words import REJECT_COLUMNS, Cell, Column, Mapping

_LEAST = 0.4  # below this confidence a column is left out until a person says
_MAIN = {
    "orders": ("order_no", "amount", "paid_at", "ordered_at", "status", "quantity", "unit_price", "sku", "product"),
    "events": ("type", "event_id", "properties", "at"),
    "people": ("tags", "consent.email", "consent.sms", "trait.name", "trait.birthday", "trait.gender", "phone", "email", "trait.level"),
}
_PHONE = re.compile(r"^(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}$")
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}$")


class Sample:
    """The first rows of a file, by column."""

    def __init__(self, columns: tuple[str, ...], rows: Sequence[Sequence[Cell]]) -> None:
        self.columns = columns
        width = len(columns)
        even = [row if len(row) == width else [*row, *[""] * width][:width] for row in rows]
        self.cells = dict(zip(columns, zip(*even, strict=True) if even else [()] * width, strict=True))

    def filled(self, column: str) -> list[Cell]:
        """The cells of a column that hold something."""
        return [c for c in self.cells[column] if c is not None and (not isinstance(c, str) or c.strip())]

    def shown(self, column: str) -> tuple[str, ...]:
        """A few different values as people would write them."""
        found = dict.fromkeys(bare(c)[:40] for c in self.filled(column)[:500])
        return tuple(list(found)[:3])


def propose(sample: Sample, brand: Brand, *, kind: str | None = None, source: str = "files", source_currency: str = "") -> Mapping:
    """The mapping that the header and the values suggest. `kind` when a person has said what the file holds."""
    means = {c: _meanings(c, sample) for c in sample.columns if c not in REJECT_COLUMNS}
    if any(c.lower().startswith("lineitem ") for c in means):
        means = _as_shopify(means)
    kind = kind or _kind(means)
    if kind == "orders":
        kind = "order_lines" if _has_lines(means, sample) else "orders"
    chosen = _assign(means, kind, sample)
    by_field = {f: c for c, f in chosen.items()}
    mapping = Mapping(
        kind, chosen, source, _currency(by_field, sample) or source_currency or brand.currency, brand.time_zone, region=brand.region
    )
    written = [
        c for f in ("amount", "unit_price", "discount", "refund_amount", "quantity") if f in by_field for c in sample.filled(by_field[f])
    ]
    mark, _ = amounts.decimal_mark(written)
    dates = [c for f in ("paid_at", "ordered_at", "at", "trait.birthday") if f in by_field for c in sample.filled(by_field[f])]
    day_first, _ = day_order(dates)
    mapping = replace(mapping, decimal=mark, day_first=day_first)
    if kind in ("orders", "order_lines"):
        mapping = _order_rules(mapping, by_field, sample)
    if kind == "events" and "type" not in by_field:
        mapping = replace(mapping, event_type="event.tracked")
    return mapping


def columns(sample: Sample, mapping: Mapping, *, is_remembered: bool) -> tuple[Column, ...]:
    """Every column with what it is taken for, how sure that is, and samples."""
    found = []
    rows_n = max(1, len(next(iter(sample.cells.values()), ())))
    for name in sample.columns:
        field = mapping.columns.get(name, "")
        sure = 1.0 if is_remembered else dict(_meanings(name, sample)).get(field, 0.0) if field else 0.0
        found.append(Column(name, field, round(sure, 2), sample.shown(name), round(len(sample.filled(name)) / rows_n, 3)))
    return tuple(found)


def has_open_dates(sample: Sample, mapping: Mapping) -> bool:
    """Whether the sample has dates such as 05/01/2026 and nothing tells which is the day."""
    if mapping.day_first is not None:
        return False
    moments = Moments(mapping.time_zone, None)
    dated = [c for c, f in mapping.columns.items() if f in ("paid_at", "ordered_at", "at", "trait.birthday") or f.startswith("consent_at.")]
    return any(moments(cell) is WHICH_DAY for column in dated for cell in sample.filled(column)[:2000])


def _meanings(column: str, sample: Sample) -> list[tuple[str, float]]:
    """Fields that a column may mean, with confidence 0 to 1: what its name says, weighed with what its values look like."""
    cells = sample.filled(column)[:300]
    exact = fields.meant_by(column)
    those = [(f, 0.95 - 0.1 * (fields.rank(f, column) > 0) - min(0.15, 0.004 * fields.rank(f, column))) for f in exact]
    if not those:
        those = [(f, 0.6) for f in fields.nearly_meant_by(column)]
    if cells and not any(f in ("phone", "email") for f, _ in those):
        texts = [bare(c) for c in cells]
        if sum(bool(_EMAIL.match(t)) for t in texts) > 0.8 * len(texts):
            those.append(("email", 0.55))
        elif sum(bool(_PHONE.match(t)) for t in texts) > 0.8 * len(texts):
            those.append(("phone", 0.55))
    weighed = []
    for field, sure in those:
        fit = _fit(field, cells)
        weighed.append((field, sure * (0.25 if fit < 0.5 else 0.6 + 0.4 * fit) + (0.05 if fit == 1.0 else 0.0)))
    return sorted(((f, min(1.0, s)) for f, s in weighed), key=lambda pair: -pair[1])


def _as_shopify(means: dict[str, list[tuple[str, float]]]) -> dict[str, list[tuple[str, float]]]:
    """Shopify calls the order number Name, and its Id and Total are the order's, not the line's."""
    own = {"Name": [("order_no", 1.0)], "Id": [], "Total": [], "Subtotal": []}
    return {c: own[c] if c in own else [(f, s) for f, s in those if f != "order_no"] for c, those in means.items()}


def _fit(field: str, cells: Sequence[Cell]) -> float:
    """The share of values that look like this field; 1 when anything would do."""
    if not cells:
        return 0.9
    reader = _READERS.get(field.partition(".")[0] if field.startswith(("consent.", "consent_at.")) else field)
    return plain.mostly(reader, cells) if reader else 1.0


def _moment(cell: Cell) -> object:
    read = Moments("UTC", None)(cell)
    return True if read is WHICH_DAY else read


def _as(kind: Kind) -> Callable[[Cell], object]:
    def read(cell: Cell) -> object:
        text = plain.identity(cell)
        if text is None or isinstance(text, Bad) or plain.is_masked(text):
            return None
        return normal.identifier(kind, text) or plain.NOT_ID

    return read


_READERS: dict[str, Callable[[Cell], object]] = {
    **dict.fromkeys(("paid_at", "ordered_at", "at", "consent_at", "trait.birthday", "trait.registered_on"), _moment),
    **dict.fromkeys(("amount", "unit_price", "discount", "refund_amount"), amounts.amount),
    "quantity": amounts.number,
    "consent": plain.yes_no,
    "currency": amounts.currency,
    "phone": _as(Kind.PHONE),
    "email": _as(Kind.EMAIL),
}


def _kind(means: dict[str, list[tuple[str, float]]]) -> str:
    score: Counter[str] = Counter()
    have = {f for those in means.values() for f, sure in those if sure >= _LEAST}
    for kind, names in _MAIN.items():
        score[kind] = sum(1 for n in names if n in have)
    if "order_no" in have and have & {"amount", "unit_price", "quantity"}:
        score["orders"] += 3
    elif not have & {"amount", "unit_price"}:
        score["orders"] = 0
    if "type" in have and "at" in have and "order_no" not in have:
        score["events"] += 3
    if not have & {"type", "event_id"}:
        score["events"] = 0
    if not score or max(score.values()) == 0:
        return "people"
    return score.most_common(1)[0][0]


def _has_lines(means: dict[str, list[tuple[str, float]]], sample: Sample) -> bool:
    best = {those[0][0]: c for c, those in reversed(list(means.items())) if those and those[0][1] >= _LEAST}
    if "unit_price" in best and "quantity" in best:
        return True
    number, amount = best.get("order_no"), best.get("amount")
    if not number:
        return "unit_price" in best
    by_order: defaultdict[str, list[str]] = defaultdict(list)
    for no, worth in zip(sample.cells[number], sample.cells[amount] if amount else sample.cells[number], strict=True):
        if bare(no):
            by_order[bare(no)].append(bare(worth) if amount else "")
    several = [worths for worths in by_order.values() if len([w for w in worths if w]) > 1]
    if not several or not amount:
        return bool(several) and not amount
    return not all(len(set(worths)) == 1 for worths in several)  # the same amount on each line is the order's, repeated


def _assign(means: dict[str, list[tuple[str, float]]], kind: str, sample: Sample) -> dict[str, str]:
    """Each field to its best column, the surest first; a column has one field."""
    offers = sorted(
        (
            (sure, -place, column, field)
            for place, (column, those) in enumerate(means.items())
            for field, sure in those
            if fields.is_allowed(field, kind) and sure >= _LEAST
        ),
        reverse=True,
    )
    chosen: dict[str, str] = {}
    for _, _, column, field in offers:
        if column not in chosen and field not in chosen.values():
            chosen[column] = field
    if kind in ("orders", "order_lines"):
        chosen = _settle_times(chosen)
    if kind == "order_lines":
        chosen = _settle_amount(chosen, sample)
    if kind == "events":
        for column in means:
            if column not in chosen and (name := fields.own_name(column)) and f"data.{name}" not in chosen.values():
                chosen[column] = f"data.{name}"
    return {c: chosen[c] for c in sample.columns if c in chosen}


def _settle_times(chosen: dict[str, str]) -> dict[str, str]:
    """A file with one date has the date that counts."""
    if "paid_at" not in chosen.values():
        chosen = {c: "paid_at" if f == "ordered_at" else f for c, f in chosen.items()}
    return chosen


def _settle_amount(chosen: dict[str, str], sample: Sample) -> dict[str, str]:
    """Beside quantity and price, an amount counts only when it is the line's: nearly always equal to, or below, their product."""
    by_field = {f: c for c, f in chosen.items()}
    if not {"amount", "quantity", "unit_price"} <= set(by_field):
        return chosen
    close = seen = 0
    trio = (sample.cells[by_field[f]] for f in ("amount", "quantity", "unit_price"))
    for cells in zip(*trio, strict=True):
        amount, quantity, price = (amounts.number(c) for c in cells)
        if any(v is None or isinstance(v, Bad) for v in (amount, quantity, price)):
            continue
        seen += 1
        close += amount <= quantity * price * 101 / 100 and amount * 4 >= quantity * price  # type: ignore[operator]
    if seen and close < 0.9 * seen:
        return {c: f for c, f in chosen.items() if f != "amount"}
    return chosen


def tells_currency(mapping: Mapping, sample: Sample) -> bool:
    """Whether the file says itself what its amounts are in: by a column, or by a mark beside them."""
    by_field = {field: column for column, field in mapping.columns.items()}
    return "currency" in by_field or bool(_currency(by_field, sample))


def _currency(by_field: dict[str, str], sample: Sample) -> str:
    for field in ("amount", "unit_price"):
        if field in by_field and (found := amounts.seen_currency(sample.filled(by_field[field])[:500])):
            return found
    if "currency" in by_field:
        codes = {amounts.currency(c) for c in sample.filled(by_field["currency"])[:500]}
        if len(codes) == 1 and isinstance(code := codes.pop(), str):
            return code
    return ""


def _order_rules(mapping: Mapping, by_field: dict[str, str], sample: Sample) -> Mapping:
    changes: dict[str, Any] = {}
    if "status" in by_field:
        words = dict.fromkeys(t for c in sample.filled(by_field["status"]) if isinstance(t := plain.text(c), str))
        changes["statuses"] = {w: meaning_of(w) or "" for w in list(words)[:100]}
    if "order_no" in by_field:
        numbers = [bare(c) for c in sample.cells[by_field["order_no"]]]
        if "quantity" in by_field:
            changes["refund_prefixes"] = _prefixes(numbers, sample.cells[by_field["quantity"]], mapping.decimal)
        when = by_field.get("paid_at") or by_field.get("ordered_at")
        if when:
            cells = [bare(c) for c in sample.cells[when]]
            changes["fill_down"] = any(
                number and number == before and not here for before, number, here in zip(numbers, numbers[1:], cells[1:], strict=False)
            )
    return replace(mapping, **changes)


def _prefixes(numbers: Sequence[str], quantities: Sequence[Cell], decimal: str) -> tuple[str, ...]:
    """Letters before order numbers that go with negative quantities, and only with them."""
    sides: defaultdict[str, Counter[bool]] = defaultdict(Counter)
    for number, cell in zip(numbers, quantities, strict=True):
        quantity = amounts.number(cell, decimal)
        match = re.match(r"^([A-Za-z]{1,4}[-_]?)(?=\d)", number)
        if quantity is None or isinstance(quantity, Bad):
            continue
        sides[match[1] if match else ""][quantity < 0] += 1
    return tuple(sorted(p for p, n in sides.items() if p and n[True] >= 2 and n[True] >= 0.99 * (n[True] + n[False])))
