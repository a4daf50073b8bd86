"""Events become facts: type, moment, who, properties. Orders and consent have files of their own kind; here they are refused."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from siyu.pool import Fact
from siyu.sources.files.turning.cells import Frame, Read, Turned
from siyu.sources.files.turning.occurrences import Occurrences
from siyu.sources.files.turning.who import PERSONAL, Who
from siyu.sources.files.values import plain
from siyu.sources.files.values.moments import Moments
from siyu.sources.files.values.plain import Bad
from siyu.sources.files.words import Cell, Mapping, Rows
from siyu.sources.http.names import type_of

_RESERVED = ("order", "message", "consent", "tag", "profile", "identity")
RESERVED, NOT_JSON = Bad("reserved_event"), Bad("not_json")


class Events:
    """Turns rows of events into facts. Keeps which contents it has met; feed it a file in order."""

    def __init__(self, mapping: Mapping, columns: tuple[str, ...], key: bytes, latest: datetime, *, is_text: bool) -> None:
        self.mapping, self.columns, self.is_text = mapping, columns, is_text
        self.by_field = {field: column for column, field in mapping.columns.items()}
        self.who = Who(mapping)
        self.occurrences = Occurrences()
        self._digest = blake2b(key=key, digest_size=8)
        self._moment = Read(Moments(mapping.time_zone, mapping.day_first, latest))
        self._type = Read(self._typed)
        self._own = Read(plain.identity)
        self._properties = Read(properties)
        self._data = [
            (column, field.removeprefix("data."), Read(value)) for column, field in mapping.columns.items() if field.startswith("data.")
        ]

    def turn(self, rows: Rows) -> Turned:
        """One fact a row."""
        out = Turned(len(rows.cells))
        frame = Frame(rows, self.columns, is_text=self.is_text, out=out)
        if not len(frame):
            return out
        ats = frame.read(self._moment, frame.column(self.by_field["at"]), "at", is_needed=True)
        if "type" in self.by_field:
            types: Sequence[Any] = frame.read(self._type, frame.column(self.by_field["type"]), "type", is_needed=True)
        else:
            types = [self._typed(self.mapping.event_type)] * len(frame)
        everybody = self.who.read(frame)
        own = self._optional(frame, "event_id", self._own)
        bags = self._optional(frame, "properties", self._properties)
        columns = [frame.read(reader, frame.column(column), f"data.{name}") for column, name, reader in self._data]
        frame.reject(self.by_field)
        good = [i for i in range(len(frame)) if i not in frame.bad]
        made: list[tuple[int, dict[str, Any], dict[str, str], bytes]] = []
        for index in good:
            said = everybody[index]
            personal = dict(said.personal)
            data = dict(types[index][1])
            for name, item in (bags[index] or {}).items():
                if name in PERSONAL:
                    personal.setdefault(name, str(item))
                else:
                    data[name] = item
            data |= {
                name: v for (_, name, _), column in zip(self._data, columns, strict=True) if (v := column[index]) is not None
            } | said.plain
            digest = self._digest.copy()
            if own[index] is None:
                who = [f"{i.kind}:{i.scope}:{i.value}" for i in said.persons]
                text = json.dumps(
                    [types[index][0], ats[index].isoformat(), who, data, personal], sort_keys=True, ensure_ascii=False, default=str
                )
                digest.update(text.encode())
            made.append((index, data, personal, digest.digest()))
        places = self.occurrences.number([d for i, _, _, d in made if own[i] is None])
        numbers = iter(places)
        for index, data, personal, digest8 in made:
            id_ = f"event:{own[index]}" if own[index] is not None else f"{digest8.hex()}:{next(numbers)}"
            persons = everybody[index].persons
            about = data.get("product") or data.get("sku") or data.get("page")
            object_ = str(about)[:300] if about is not None else None
            out.facts.append(Fact(types[index][0], id_, ats[index], persons, object_, None, None, data, personal if persons else {}))
        return out

    def _optional(self, frame: Frame, field: str, reader: Read) -> Sequence[Any]:
        if field not in self.by_field:
            return [None] * len(frame)
        return frame.read(reader, frame.column(self.by_field[field]), field)

    def _typed(self, cell: Cell) -> tuple[str, dict[str, str]] | Bad | None:
        text = plain.text(cell)
        if text is None or isinstance(text, Bad):
            return text
        type_ = self.mapping.event_types.get(text) or text
        is_ours = type_.count(".") == 1 and type_.replace(".", "").replace("_", "").isalnum() and type_.isascii() and type_ == type_.lower()
        if not is_ours:
            type_, _ = type_of(text)
        if type_.partition(".")[0] in _RESERVED:
            return RESERVED
        return type_, ({} if is_ours else {"event": text[:200]})


def properties(cell: Cell) -> dict[str, Any] | Bad | None:
    """Properties written as one JSON object."""
    text = plain.text(cell)
    if text is None or isinstance(text, Bad):
        return text
    try:
        read = json.loads(text)
    except ValueError:
        return NOT_JSON
    return read if isinstance(read, dict) else NOT_JSON


def value(cell: Cell) -> Any:
    """A property as JSON can say it: numbers stay numbers only where the file had numbers."""
    if isinstance(cell, bool | int):
        return cell
    if isinstance(cell, float):
        return None if not math.isfinite(cell) else int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell
    if isinstance(cell, Decimal):
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    return plain.text(cell)
