"""The single door for what happened: `record`. It finds or makes identifiers and appends facts, each (source, id) once for ever.

It touches no row that another recorder may hold for long, so sources never wait for each other; identity and profiles follow in `fold`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from siyu.base.db import Connection, queries
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.base.ids import keys_of
from siyu.base.vault import Vault, seal
from siyu.pool import binary, brands, masks, months, normal
from siyu.pool.checks import check
from siyu.pool.words import ORDER, PERSONAL, PERSONAL_TRAITS, Fact, Identifier, Recorded

Q = queries(__name__)

_BIRTHDAY = re.compile(r"(?:\d{4}\s*[-/.年]\s*)?(1[0-2]|0?[1-9])\s*[-/.月]\s*(3[01]|[12]\d|0?[1-9])(?:\s*日|[T ].*)?", re.ASCII)
_AMBIGUOUS = frozenset({"name", "nickname", "address"})  # of a product, a shop: personal only where somebody states it of themselves


def record(ground: Ground, conn: Connection, source_id: int, facts: Sequence[Fact], *, import_id: int = 0) -> Recorded:
    """Append facts in the caller's transaction; says how many were new and how many were there already.

    All or nothing: raises `InputError` (with `field` like `facts[3].occurred_at`) when one of them cannot be recorded. `import_id` ties
    them to an import, so that it can be undone.
    """
    now = ground.clock.now()
    wanted: dict[Identifier, bool] = {}  # whether personal data will be sealed under it
    spans: set[tuple[int, int]] = set()
    moments: set[datetime] = set()
    for index, fact in enumerate(facts):
        try:
            check(fact, now)
        except InputError as err:
            raise InputError(f"Fact {index}: {err.what}", err.remedy, field=f"facts[{index}].{err.field}") from None
        moments.add(fact.occurred_at)
        for identifier in fact.identifiers:
            wanted.setdefault(identifier, False)
        if fact.identifiers and (fact.personal or not PERSONAL_TRAITS.isdisjoint(fact.data)):
            wanted[_best(fact.identifiers)] = True
    for moment in moments:
        at = moment.astimezone(UTC)
        spans.add((at.year, at.month))
    months.ensure(ground.db, spans)
    numbers, keys = identify(ground.vault, conn, wanted, now) if wanted else ({}, {})
    currency = _currency(conn, source_id)
    new = _unknown(conn, source_id, facts)
    if new:
        rows = _rows(ground.vault, conn, new, numbers, keys)
        with conn.cursor().copy(Q.copy_facts) as copy:
            copy.write(binary.HEADER)
            for part in binary.rows(rows, source_id=source_id, import_id=import_id, now=now, currency=currency):
                copy.write(part)
            copy.write(binary.END)
    return Recorded(len(new), len(facts) - len(new))


def _unknown(conn: Connection, source_id: int, facts: Sequence[Fact]) -> list[tuple[bytes, Fact]]:
    """The facts that were not recorded before, with their keys, which are taken: once for ever."""
    by_key: dict[bytes, Fact] = {}
    key_of = keys_of(source_id)
    for fact in facts:
        by_key.setdefault(key_of(fact.id), fact)
    order = ",".join(map(bytes.hex, sorted(by_key)))  # one order for everybody: no deadlock
    cursor = conn.execute(Q.take_keys, {"keys": f"{{{order}}}"})
    if cursor.rowcount == len(by_key):
        return list(by_key.items())
    fresh = {row[0].bytes for row in cursor}
    return [(key, fact) for key, fact in by_key.items() if key in fresh]


def _rows(
    vault: Vault, conn: Connection, facts: Iterable[tuple[bytes, Fact]], numbers: Mapping[Identifier, int], fresh: Mapping[int, bytes]
) -> Iterable[binary.Row]:
    """The facts with their numbers, personal data sealed. `fresh` are the keys of identifiers that were made for them."""
    rows: list[binary.Row] = []
    private: list[tuple[int, int, Mapping[str, str]]] = []
    for key, fact in facts:
        subject, others = subject_of(fact, numbers)
        plain, personal = _split(fact)
        if personal and subject is not None:
            private.append((len(rows), subject, personal))
        rows.append((key, fact, subject, others, plain, None))
    if private:
        keys = {**fresh, **_keys(vault, conn, sorted({subject for _, subject, _ in private} - fresh.keys()))}
        for place, number, traits in private:
            of_subject = keys.get(number)
            if of_subject is None:
                raise NotFoundError("A fact names a subject that does not exist.", "Give the number of an identifier.")
            sealed = {name: _sealed_trait(vault, of_subject, name, value) for name, value in traits.items()}
            rows[place] = (*rows[place][:5], sealed)
    return rows


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
            personal.setdefault(name, value if isinstance(value, str) else binary.encode(value).decode())
    return _with_birth_day(fact, plain, personal), personal


def _with_birth_day(fact: Fact, plain: dict[str, Any], personal: Mapping[str, str]) -> dict[str, Any]:
    """Of a stated birthday the month and day stay readable (`birth_day`: 11-20), so that segments can ask for it; the year is sealed."""
    day = _BIRTHDAY.fullmatch(personal.get("birthday", "").strip())
    if day is None or fact.type != "profile.stated" or "birth_day" in plain:
        return plain
    return plain | {"birth_day": f"{int(day[1]):02}-{int(day[2]):02}"}


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
