"""Order lines and whole orders become facts: a valid sale, a refund, or an adjustment; and what they state about their customer.

`order.paid`: quantity and price above zero. `order.refunded`: a cancellation, negative. `order.adjusted`: everything else that stands in
the books (stock corrections, gifts at price 0, bad debt). A line is worth round(quantity x price - discount) to minor units, halves away
from zero, unless the file has the line's own amount. docs/imports.md has the whole table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from itertools import repeat
from typing import Any

from siyu.base.money import to_decimal, to_minor
from siyu.pool import Fact
from siyu.sources.files import fields
from siyu.sources.files.turning.cells import Frame, Read, Turned, fill_down
from siyu.sources.files.turning.occurrences import Occurrences
from siyu.sources.files.turning.who import Said, Who, as_json
from siyu.sources.files.values import amounts, plain
from siyu.sources.files.values.moments import Moments
from siyu.sources.files.values.plain import Bad
from siyu.sources.files.values.statuses import meaning_of
from siyu.sources.files.words import Cell, Mapping, Rows

_MONEY = ("quantity", "unit_price", "discount", "amount", "currency", "refund_amount")
_ORDER_LEVEL = ("paid_at", "ordered_at", "currency", "status", *fields.IDENTIFIERS)
_MOST_MINOR = 2**52
UNKNOWN_STATUS = Bad("unknown_status", "status")


@dataclass(slots=True, eq=False)
class Line:
    """The money of a line: `step` is 1 for a sale, -1 for what went back, 0 for neither."""

    minor: int
    step: int
    currency: str | None
    refund_minor: int | None
    quantity: int | float | None
    unit_price: int | float | None
    text: str  # the same for the same content, in whatever format it was written
    off_minor: int = 0  # what was taken off the price, >= 0


@dataclass(frozen=True)
class Columns:
    """A stretch read: one value a row in each."""

    numbers: Sequence[Any]
    money: Sequence[Any]
    paid_at: Sequence[Any]
    ordered_at: Sequence[Any]
    meanings: Sequence[Any]
    own_ids: Sequence[Any]
    said: Sequence[Said]
    texts: dict[str, list[Any]]


class Orders:
    """Turns rows of orders or order lines into facts. Keeps what it must remember from stretch to stretch; feed it a file in order.

    Without a `key` the facts of lines have no ids: for reading only.
    """

    def __init__(self, mapping: Mapping, columns: tuple[str, ...], key: bytes | None, latest: datetime, *, is_text: bool) -> None:
        self.mapping, self.columns, self.is_text = mapping, columns, is_text
        self.by_field = {field: column for column, field in mapping.columns.items()}
        self.who = Who(mapping)
        self.occurrences = Occurrences()
        self._amounts = Occurrences()
        self.is_whole = mapping.kind == "orders"
        self._digest = blake2b(key=key or b"", digest_size=8)
        self._has_ids = key is not None
        self._carried: list[Any] = []
        self._order_no, self._line_id = Read(plain.identity), Read(plain.identity)
        self._moment = Read(Moments(mapping.time_zone, mapping.day_first, latest))
        self._money = Read(self._line)
        self._status = Read(self._meaning)
        self._texts = {
            label: (column, Read(plain.identity if label == "sku" else plain.text))
            for column, field in mapping.columns.items()
            if (label := field.removeprefix("data.")) in ("sku", "product", "category") or field.startswith("data.")
        }
        self._amount_of = {f: self._amount_reader(f) for f in _MONEY}

    def turn(self, rows: Rows) -> Turned:
        """Facts of a stretch. Every row is in exactly one of facts, rejects, blank and continued."""
        out = Turned(len(rows.cells))
        frame = Frame(rows, self.columns, is_text=self.is_text, out=out)
        if not len(frame):
            return out
        self._fill(frame)
        read = Columns(
            numbers=frame.read(self._order_no, frame.column(self.by_field["order_no"]), "order_no", is_needed=True),
            money=frame.read(self._money, zip(*(self._raw(frame, f) for f in _MONEY), strict=False), "amount", is_needed=not self.is_whole),
            paid_at=self._optional(frame, "paid_at", self._moment),
            ordered_at=self._optional(frame, "ordered_at", self._moment),
            meanings=self._optional(frame, "status", self._status),
            own_ids=self._optional(frame, "line_id", self._line_id),
            said=self.who.read(frame),
            texts={name: frame.read(reader, frame.column(column), name) for name, (column, reader) in self._texts.items()},
        )
        ids = self._whole_ids(frame, read) if self.is_whole else self._line_ids(frame, read)
        money = self.by_field.get("amount") or self.by_field.get("unit_price", "")
        when = self.by_field.get("paid_at") or self.by_field.get("ordered_at", "")
        frame.reject(self.by_field | {"amount": money, "paid_at": when})
        self._make(out, ids, read)
        return out

    def _raw(self, frame: Frame, field: str) -> Sequence[Cell] | repeat[None]:
        return frame.column(self.by_field[field]) if field in self.by_field else repeat(None)

    def _optional(self, frame: Frame, field: str, reader: Read) -> Sequence[Any]:
        if field not in self.by_field:
            return [None] * len(frame)
        return frame.read(reader, frame.column(self.by_field[field]), field)

    def _fill(self, frame: Frame) -> None:
        if not self.mapping.fill_down:
            return
        names = [self.by_field[f] for f in _ORDER_LEVEL if f in self.by_field]
        names += [column for column, field in self.mapping.columns.items() if field.startswith("trait.")]
        filled = fill_down(frame.column(self.by_field["order_no"]), [frame.column(n) for n in names], self._carried)
        for name, cells in zip(names, filled, strict=True):
            frame.put(name, cells)

    def _line_ids(self, frame: Frame, read: Columns) -> list[str | None]:
        """The id of every good row's fact, None for the others: the line's own, else order number, content, and which occurrence it is."""
        if None in read.paid_at:
            for index, (paid, ordered) in enumerate(zip(read.paid_at, read.ordered_at, strict=True)):
                if paid is None and ordered is None:
                    frame.bad.setdefault(index, ("paid_at", "missing"))
        ids: list[str | None] = [None] * len(frame)
        if not self._has_ids:
            return [None if index in frame.bad else "" for index in range(len(frame))]
        nothing = repeat(None)
        sku, product = read.texts.get("sku") or nothing, read.texts.get("product") or nothing
        digests: list[bytes] = []
        places: list[int] = []
        bad, fresh = frame.bad, self._digest.copy
        for index, (no, line, a, b, own) in enumerate(zip(read.numbers, read.money, sku, product, read.own_ids, strict=False)):
            if index in bad:
                continue
            if own is not None:
                ids[index] = f"line:{own}"
                continue
            digest = fresh()
            digest.update(f"{no}\x1f{a}\x1f{b}\x1f{line.text}".encode())
            digests.append(digest.digest())
            places.append(index)
        for index, digest8, n in zip(places, digests, self.occurrences.number(digests), strict=True):
            ids[index] = f"{read.numbers[index]}:{digest8.hex()}:{n}"
        return ids

    def _whole_ids(self, frame: Frame, read: Columns) -> list[str | None]:
        """One fact an order. Further rows of it are continuations when they carry no amount, else the file has lines: refused."""
        ids: list[str | None] = [None] * len(frame)
        good = [i for i in range(len(frame)) if i not in frame.bad]
        digests: list[bytes] = []
        alike: list[bytes] = []
        for index in good:
            line = read.money[index]
            for those, text in ((digests, read.numbers[index]), (alike, f"{read.numbers[index]}\x1f{line.text if line else ''}")):
                digest = self._digest.copy()
                digest.update(text.encode())
                those.append(digest.digest())
        again = zip(self.occurrences.number(digests), self._amounts.number(alike), strict=True)
        for index, (n, same) in zip(good, again, strict=True):
            if n and (read.money[index] is None or same):  # the next line of an order, with no amount or the order's again
                frame.out.notes["continued"] += 1
            elif n:
                frame.bad[index] = ("order_no", "order_again")
            elif read.money[index] is None:
                frame.bad[index] = ("amount", "missing")
            elif read.paid_at[index] is None and read.ordered_at[index] is None:
                frame.bad[index] = ("paid_at", "missing")
            else:
                ids[index] = f"order:{read.numbers[index]}"
        return ids

    def _make(self, out: Turned, ids: Sequence[str | None], read: Columns) -> None:
        prefixes = self.mapping.refund_prefixes
        names = list(read.texts)
        columns = list(zip(*read.texts.values(), strict=True)) if names else repeat(())
        has_traits, default = self.who.has_traits, self.mapping.currency
        add = out.facts.append
        for id_, no, line, paid, ordered, said, values, word in zip(
            ids, read.numbers, read.money, read.paid_at, read.ordered_at, read.said, columns, read.meanings, strict=False
        ):
            if id_ is None:
                continue
            at, persons = paid or ordered, said.persons
            data = dict(zip(names, values, strict=True))
            if None in values:
                data = {name: value for name, value in data.items() if value is not None}
            if line.quantity is not None:
                data["quantity"] = line.quantity
            if line.unit_price is not None:
                data["unit_price"] = line.unit_price
            if line.off_minor:
                data["discount_minor"] = line.off_minor
            currency, minor, step = line.currency or default, line.minor, line.step
            if has_traits:
                if persons and not said.is_told:
                    self._state(out, said, at)
                data |= said.plain
            meaning = word or ("waiting" if paid is None else None)
            if meaning == "waiting" or (meaning == "closed" and paid is None):
                type_ = "order.placed" if meaning == "waiting" else "order.cancelled"
                data |= {"amount": float(to_decimal(minor, currency)), "currency": currency}
                add(Fact(type_, f"{id_}:{meaning}", at, persons, no, None, None, data))
                continue
            if prefixes:
                if no.startswith(prefixes):
                    step, minor = (-1, -abs(minor)) if minor else (0, 0)
                elif step < 0:
                    step = 0
            add(Fact(_TYPES[step], id_, at, persons, no, minor, currency, data))
            if step > 0 and (meaning in ("refunded", "closed") or line.refund_minor):
                back = min(minor, line.refund_minor or minor)
                out.side.append(Fact("order.refunded", f"{id_}:refund", at, persons, no, -back, currency, data))

    def _state(self, out: Turned, said: Said, at: datetime) -> None:
        said.is_told = True
        if said.plain or said.personal:
            digest = self._digest.copy()
            digest.update("\x1f".join(said.parts()).encode())
            id_ = f"who:{digest.hexdigest()}"
            out.side.append(Fact("profile.stated", id_, at, said.persons, None, None, None, said.plain, said.personal))

    def _meaning(self, cell: Cell) -> str | Bad | None:
        text = plain.text(cell)
        if text is None or isinstance(text, Bad):
            return text
        return self.mapping.statuses.get(text) or meaning_of(text) or UNKNOWN_STATUS

    def _amount_reader(self, field: str) -> Callable[[Cell], Any]:
        mark = self.mapping.decimal
        if field == "quantity":
            return lambda cell: amounts.number(cell, mark)
        if field == "currency":
            return amounts.currency
        return lambda cell: amounts.amount(cell, mark, "" if "currency" in self.by_field else self.mapping.currency)

    def _line(self, cells: tuple[Cell, ...]) -> Line | Bad | None:
        """The money of a line from its cells, in the order of `_MONEY`."""
        read: dict[str, Any] = {}
        for field, cell in zip(_MONEY, cells, strict=True):
            value = None if cell is None else self._amount_of[field](cell)
            if isinstance(value, Bad):
                return Bad(value.code, field)
            read[field] = value
        quantity: Decimal | None = read["quantity"]
        price: Decimal | None = read["unit_price"]
        amount: Decimal | None = read["amount"]
        currency: str = read["currency"] or self.mapping.currency
        if amount is None:
            if price is None:
                return None if self.is_whole or "unit_price" not in self.by_field else Bad("missing", "unit_price")
            if quantity is None:
                if "quantity" in self.by_field:
                    return Bad("missing", "quantity")
                quantity = Decimal(1)
            worth = quantity * price
            off = read["discount"]
            if off:
                worth -= abs(off).copy_sign(worth)
        else:
            worth = amount
        minor = to_minor(worth, currency)
        if abs(minor) > _MOST_MINOR:
            return Bad("number_too_big", "amount")
        parts = [p for p in (quantity, price) if p is not None]
        if amount is None or parts:
            is_sale = all(p > 0 for p in parts) and worth > 0
            went_back = worth < 0 and (price is None or price > 0)
        else:
            is_sale, went_back = worth > 0, worth < 0
        refund = read["refund_amount"]
        told = None if self.is_whole else read["discount"]  # an order's lines may repeat its amount and not its discount
        text = "\x1f".join("" if p is None else format(p.normalize() + 0, "f") for p in (quantity, price, told, amount))
        return Line(
            minor,
            1 if is_sale else -1 if went_back else 0,
            currency or None,
            None if refund is None else abs(to_minor(refund, currency)),
            as_json(quantity),
            as_json(price),
            text,
            abs(to_minor(read["discount"], currency)) if read["discount"] else 0,
        )


_TYPES = {1: "order.paid", -1: "order.refunded", 0: "order.adjusted"}
