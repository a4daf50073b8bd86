"""The single door for what happened: `record`. It finds or makes identifiers and appends facts, each (source, id) once for ever.

It touches no row that another recorder may hold for long, so sources never wait for each other; identity and profiles follow in `fold`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from psycopg.types.json import Json

from siyu.base.db import Connection, queries
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.base.ids import key_text_of
from siyu.base.vault import Vault, seal
from siyu.pool import brands, masks, months, normal
from siyu.pool.checks import check
from siyu.pool.words import ORDER, PERSONAL, PERSONAL_TRAITS, Fact, Identifier, Recorded

Q = queries(__name__)

_BATCH = 5_000
_encoder = msgspec.json.Encoder(decimal_format="number")
_BIRTHDAY = re.compile(r"(?:\d{4}\s*[-/.年]\s*)?(1[0-2]|0?[1-9])\s*[-/.月]\s*(3[01]|[12]\d|0?[1-9])(?:\s*日|[T ].*)?", re.ASCII)
_AMBIGUOUS = frozenset({"name", "nickname", "address"})  # of a product, a shop: personal only where somebody states it of themselves


def record(
    ground: Ground, conn: Connection, source_id: int, facts: Sequence[Fact], *, import_id: int = 0, received_at: datetime | None = None
) -> Recorded:
    """Append facts in the caller's transaction; says how many were new and how many were there already.

    All or nothing: raises `InputError` (with `field` like `facts[3].occurred_at`) when one of them cannot be recorded. `received_at`
    is when they reached us, now when not given. `import_id` ties them to an import, so that it can be undone.
    """
    now = ground.clock.now()
    new = 0
    for start in range(0, len(facts), _BATCH):
        new += _record(ground, conn, source_id, facts[start : start + _BATCH], start, import_id, received_at or now, now)
    return Recorded(new, len(facts) - new)


def _record(
    ground: Ground,
    conn: Connection,
    source_id: int,
    facts: Sequence[Fact],
    first: int,
    import_id: int,
    received_at: datetime,
    now: datetime,
) -> int:
    wanted: dict[Identifier, bool] = {}  # whether personal data will be sealed under it
    spans: set[tuple[int, int]] = set()
    for index, fact in enumerate(facts):
        try:
            check(fact, now)
        except InputError as err:
            where = f"facts[{first + index}].{err.field}"
            raise InputError(f"Fact {first + index}: {err.what}", err.remedy, field=where) from None
        at = fact.occurred_at if fact.occurred_at.tzinfo is UTC else fact.occurred_at.astimezone(UTC)
        spans.add((at.year, at.month))
        for identifier in fact.identifiers:
            wanted.setdefault(identifier, False)
        if fact.identifiers and (fact.personal or not PERSONAL_TRAITS.isdisjoint(fact.data)):
            wanted[_best(fact.identifiers)] = True
    months.ensure(ground.db, spans)
    numbers, keys = identify(ground.vault, conn, wanted, now) if wanted else ({}, {})
    currency = _currency(conn, source_id)

    rows: dict[str, dict[str, Any]] = {}
    private: list[tuple[dict[str, Any], int, Mapping[str, str]]] = []
    for index, fact in enumerate(facts):
        key = key_text_of(source_id, fact.id)
        if key in rows:
            continue
        subject, others = subject_of(fact, numbers)
        row: dict[str, Any] = {"k": key, "t": fact.type, "s": subject, "at": fact.occurred_at, "n": index}
        if fact.object is not None:
            row["o"] = fact.object
        if fact.amount_minor is not None:
            row["a"], row["c"] = fact.amount_minor, fact.currency or currency
        if others:
            row["l"] = others
        if fact.data or fact.personal:
            plain, personal = _split(fact)
            if plain:
                row["d"] = plain
            if personal and subject is not None:
                private.append((row, subject, personal))
        rows[key] = row
    if private:
        _seal_all(ground.vault, conn, private, keys)
    batch = [rows[key] for key in sorted(rows)]  # one order for everybody: no deadlock on fact_keys
    done = conn.execute(
        Q.insert_facts,
        {"rows": Json(batch, dumps=_dumps), "source_id": source_id, "import_id": import_id, "received_at": received_at},
    )
    return done.rowcount


def subject_of(fact: Fact, numbers: Mapping[Identifier, int]) -> tuple[int | None, list[int]]:
    """The identifier that a fact is kept under (the strongest kind, then the first named) and the others it came with."""
    named = fact.identifiers
    if len(named) == 1 and fact.subject_id is None:
        return numbers[named[0]], []
    if fact.subject_id is not None:
        subject = fact.subject_id
    elif not named:
        return None, []
    else:
        subject = numbers[_best(named)]
    return subject, sorted({numbers[i] for i in named} - {subject})


def _best(named: Sequence[Identifier]) -> Identifier:
    return min(named, key=lambda i: ORDER[i.kind])


def identify(
    vault: Vault, conn: Connection, wanted: Mapping[Identifier, bool], at: datetime
) -> tuple[dict[Identifier, int], dict[int, bytes]]:
    """The numbers of identifiers, made where they are new, and the keys that were made for new ones.

    `wanted` says whether an identifier needs a key. Safe under concurrency: everybody makes identifiers in the same order.
    """
    by_lookup = {vault.lookup(i.kind, i.scope, i.value): i for i in wanted}
    found = _find(conn, by_lookup)
    missing = sorted(by_lookup.keys() - found.keys())
    fresh: dict[int, bytes] = {}
    if missing:
        made = []
        keys: dict[bytes, bytes] = {}
        for look in missing:
            identifier = by_lookup[look]
            is_personal = identifier.kind in PERSONAL
            sealed, wrapped = None, None
            if is_personal or wanted[identifier]:
                keys[look], wrapped = vault.new_key()
                sealed = seal(keys[look], identifier.value) if is_personal else None
            made.append((identifier, None if is_personal else identifier.value, sealed, wrapped))
        cursor = conn.execute(
            Q.make_identifiers,
            {
                "kinds": [str(i.kind) for i, *_ in made],
                "scopes": [i.scope for i, *_ in made],
                "lookups": missing,
                "plain": [plain for _, plain, _, _ in made],
                "sealed": [sealed for _, _, sealed, _ in made],
                "keys": [key for _, _, _, key in made],
                "masks": [masks.of(i.kind, i.value) for i, *_ in made],
                "at": at,
            },
        )
        here = {bytes(look): int(number) for number, look in cursor}
        found |= here
        fresh = {number: keys[look] for look, number in here.items() if look in keys}
        raced = {look: by_lookup[look] for look in missing if look not in found}
        if raced:  # somebody else committed them between our two statements
            found |= _find(conn, raced)
    return {identifier: found[look] for look, identifier in by_lookup.items()}, fresh


def _find(conn: Connection, by_lookup: Mapping[bytes, Identifier]) -> dict[bytes, int]:
    cursor = conn.execute(
        Q.find_identifiers,
        {
            "kinds": [str(i.kind) for i in by_lookup.values()],
            "scopes": [i.scope for i in by_lookup.values()],
            "lookups": list(by_lookup),
        },
    )
    return {bytes(look): int(number) for number, look in cursor}


def _split(fact: Fact) -> tuple[dict[str, Any], dict[str, str]]:
    """Plain properties, and those that are personal data wherever the source put them."""
    if not fact.personal and PERSONAL_TRAITS.isdisjoint(fact.data):
        return fact.data, {}
    personal = {name: value for name, value in fact.personal.items() if value}
    if PERSONAL_TRAITS.isdisjoint(fact.data):
        return _with_birth_day(fact, fact.data, personal), personal
    plain: dict[str, Any] = {}
    for name, value in fact.data.items():
        if name not in PERSONAL_TRAITS or (name in _AMBIGUOUS and fact.type != "profile.stated"):
            plain[name] = value
        elif value is not None and value != "":
            personal.setdefault(name, value if isinstance(value, str) else _encoder.encode(value).decode())
    return _with_birth_day(fact, plain, personal), personal


def _with_birth_day(fact: Fact, plain: dict[str, Any], personal: Mapping[str, str]) -> dict[str, Any]:
    """Of a stated birthday the month and day stay readable (`birth_day`: 11-20), so that segments can ask for it; the year is sealed."""
    day = _BIRTHDAY.fullmatch(personal.get("birthday", "").strip())
    if day is None or fact.type != "profile.stated" or "birth_day" in plain:
        return plain
    return plain | {"birth_day": f"{int(day[1]):02}-{int(day[2]):02}"}


def _seal_all(
    vault: Vault, conn: Connection, private: list[tuple[dict[str, Any], int, Mapping[str, str]]], fresh: Mapping[int, bytes]
) -> None:
    keys = {**fresh, **_keys(vault, conn, sorted({subject for _, subject, _ in private} - fresh.keys()))}
    for row, subject, personal in private:
        key = keys.get(subject)
        if key is None:
            raise NotFoundError("A fact names a subject that does not exist.", "Give the number of an identifier.")
        row["p"] = {name: _sealed_trait(vault, key, name, value) for name, value in personal.items()}


def _sealed_trait(vault: Vault, key: bytes, name: str, value: str) -> list[str | None]:
    look = base64.b64encode(name_lookup(vault, value)).decode() if name == "name" else None
    return [base64.b64encode(seal(key, value)).decode(), masks.of_trait(name, value), look]


def name_lookup(vault: Vault, name: str) -> bytes:
    """The keyed hash under which a person is found by exact name."""
    return vault.lookup("name", "", normal.name(name))


def _keys(vault: Vault, conn: Connection, ids: list[int]) -> dict[int, bytes]:
    if not ids:
        return {}
    rows = conn.execute(Q.subject_keys, {"ids": ids}).fetchall()
    if any(wrapped is None for _, wrapped in rows):
        bare = [number for number, wrapped in rows if wrapped is None]
        rows = [row for row in rows if row[1] is not None]
        held = conn.execute(Q.lock_subjects, {"ids": bare}).fetchall()
        fresh = {number: vault.new_key()[1] for number, wrapped in held if wrapped is None}
        conn.execute(Q.give_keys, {"ids": list(fresh), "keys": list(fresh.values())})
        rows += [(number, wrapped or fresh[number]) for number, wrapped in held]
    return {int(number): vault.open_key(bytes(wrapped)) for number, wrapped in rows}


def _currency(conn: Connection, source_id: int) -> str:
    row = conn.execute(Q.source_currency, {"source_id": source_id}).fetchone()
    if row is None:
        raise NotFoundError("The source does not exist.", "Make it with ensure_source.")
    return row[0] or brands.brand(conn).currency


def _dumps(rows: list[dict[str, Any]]) -> bytes:
    """JSON for PostgreSQL, which knows no U+0000 and no half of a surrogate pair."""
    try:
        text = _encoder.encode(rows)
    except UnicodeEncodeError:
        text = _encoder.encode(_clean(rows))
    return _encoder.encode(_clean(rows)) if b"\\u0000" in text else text


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_clean(name): _clean(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value
