"""A mapping as JSON, as it is documented in docs/imports.md; and what is wrong with one."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from dataclasses import fields as fields_of
from typing import Any
from zoneinfo import available_timezones

from siyu.base.errors import InputError, Told
from siyu.sources.files import fields
from siyu.sources.files.faults import FileFault
from siyu.sources.files.values.amounts import CODES
from siyu.sources.files.values.statuses import MEANINGS
from siyu.sources.files.words import KINDS, REJECT_COLUMNS, Mapping, Note, Shape

_TUPLES = ("refund_prefixes",)


def digest(columns: Iterable[str]) -> bytes:
    """What a header is remembered by: its names in their order, without those that we put there ourselves."""
    return hashlib.sha256("\x1f".join(c for c in columns if c not in REJECT_COLUMNS).encode()).digest()


def to_json(mapping: Mapping) -> dict[str, Any]:
    """The mapping as JSON can say it."""
    return asdict(mapping)


def from_json(value: Any) -> Mapping:
    """A mapping from JSON. Raises `InputError` naming the part that is wrong."""
    if not isinstance(value, dict):
        raise FileFault("mapping_shape", at="")
    names = {f.name: f for f in fields_of(Mapping)}
    for name in value:
        if name not in names:
            raise FileFault("mapping_unknown", at=str(name)[:60], name=str(name)[:60])
    if value.get("kind") not in KINDS:
        raise FileFault("mapping_kind", at="kind", kinds=", ".join(KINDS))
    columns = value.get("columns")
    texts = ("statuses", "event_types")
    if not _is_words(columns) or any(not _is_words(value.get(t, {})) for t in texts):
        raise FileFault("mapping_shape", at="columns")
    made = dict(value)
    for name in _TUPLES:
        raw = made.get(name, ())
        if not isinstance(raw, list | tuple) or not all(isinstance(v, str) and v for v in raw):
            raise FileFault("mapping_shape", at=name)
        made[name] = tuple(raw)
    mapping = Mapping(**made)
    if not isinstance(mapping.day_first, bool | None) or not isinstance(mapping.fill_down, bool):
        raise FileFault("mapping_shape", at="day_first")
    plain = ("source", "currency", "time_zone", "decimal", "region", "scope", "event_type", "consent_purpose", "bad_identifier")
    if any(not isinstance(getattr(mapping, name), str) for name in plain):
        raise FileFault("mapping_shape", at="")
    return mapping


def check(mapping: Mapping, shape: Shape) -> tuple[Note, ...]:
    """What must be settled before the import may start; empty when nothing."""
    notes = [Note("column_gone", {"column": c}, True) for c in mapping.columns if c not in shape.columns]
    for column, field in mapping.columns.items():
        if not fields.is_allowed(field, mapping.kind):
            notes.append(Note("field_unknown", {"column": column, "field": field}, True))
    for field, count in Counter(mapping.columns.values()).items():
        if count > 1:
            notes.append(Note("field_twice", {"field": field}, True))
    have = set(mapping.columns.values())
    for group in fields.NEEDED[mapping.kind]:
        if not have & set(group):
            notes.append(Note("field_needed", {"field": group[0] if len(group) < 4 else "who", "group": group}, True))
    if mapping.kind == "events" and "type" not in have and not mapping.event_type:
        notes.append(Note("field_needed", {"field": "type", "group": ("type",)}, True))
    if mapping.time_zone not in available_timezones():
        notes.append(Note("bad_time_zone", {"time_zone": mapping.time_zone}, True))
    if mapping.kind in ("orders", "order_lines") and mapping.currency not in CODES:
        notes.append(Note("bad_currency", {"currency": mapping.currency}, True))
    if mapping.decimal not in (".", ","):
        notes.append(Note("bad_decimal", {}, True))
    for word, meaning in mapping.statuses.items():
        if meaning not in MEANINGS:
            notes.append(Note("status_open", {"status": word}, True))
    if not mapping.source.strip() or len(mapping.source) > 100:
        notes.append(Note("bad_source", {}, True))
    if mapping.bad_identifier not in ("reject", "leave_out"):
        notes.append(Note("bad_option", {"option": "bad_identifier"}, True))
    return tuple(notes)


def need(mapping: Mapping, shape: Shape) -> None:
    """Raise `InputError` naming the first thing that must be settled."""
    for note in check(mapping, shape):
        raise NotSettled(note)


class NotSettled(InputError):
    """The mapping cannot be used yet; `note` says why."""

    def __init__(self, note: Note) -> None:
        from siyu.sources.files.saying import note_in_words

        super().__init__(note_in_words(note, "en"), "", field=str(note.values.get("field") or note.values.get("column") or ""))
        self.note = note

    def told(self, lang: str) -> Told:
        """Why, in a language."""
        from siyu.sources.files.saying import note_in_words

        return Told(note_in_words(self.note, lang), "")


def _is_words(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(k, str) and isinstance(v, str) for k, v in value.items())
