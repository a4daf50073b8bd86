"""SQL lives in files; every named query fits the schema; a table is written only by the room that owns it and read only down-river."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import psycopg
import pytest

from siyu.base.ground import Ground

SRC = Path(__file__).parents[2] / "src" / "siyu"
FILES = sorted(f for f in SRC.rglob("*.sql") if "migrations" not in f.parts)
_NAME = re.compile(r"^--\s*name:\s*(\w+)\s*$", re.MULTILINE)
_PARAMETER = re.compile(r"%\((\w+)\)s")
_WRITE = re.compile(r"\b(?:insert\s+into|update|delete\s+from|truncate|merge\s+into|copy)\s+(?:only\s+)?([a-z_]+)", re.IGNORECASE)
_READ = re.compile(r"\b(?:from|join|using)\s+(?:only\s+|lateral\s+)?([a-z_]+)", re.IGNORECASE)

_UP = {"base", "pool", "vendors", "segments", "content", "gate"}
_MIDDLE = _UP | {"journeys", "growth"}
_DOWN = _MIDDLE | {"channels", "sources", "analytics"}
MAY_READ = {  # the river: a room reads itself and what lies above it
    "base": set(),
    "pool": {"base"},
    "vendors": {"base"},
    "segments": {"base", "pool"},
    "content": {"base", "pool"},
    "gate": {"base", "pool"},
    "journeys": _UP,
    "growth": _UP,
    "channels": _MIDDLE,
    "sources": _MIDDLE,
    "analytics": _MIDDLE | {"channels", "sources"},
    "web": _DOWN,
    "cli": _DOWN | {"web"},
}


def tables() -> dict[str, str]:
    """Every table of the migrations -> the room that owns it: by the line `-- room: pool` above it, else by the name of the file."""
    rooms = {f.name[:4]: f.name[5:].split("_")[0].removesuffix(".sql") for f in (SRC / "migrations").glob("*.sql")}
    found = {}
    for file in (SRC / "migrations").glob("*.sql"):
        made = r"^(?:-- room: ([a-z]+)\n)?create (?:unlogged )?table (?:if not exists )?([a-z_]+)"
        for room, name in re.findall(made, file.read_text(), re.MULTILINE):
            found[name] = room or rooms[file.name[:4]]
    return found


def statements() -> list[tuple[str, str, str]]:
    """(room, file:name, SQL) of every named query."""
    found = []
    for file in FILES:
        parts = _NAME.split(file.read_text("utf-8"))
        room = file.relative_to(SRC).parts[0]
        for name, body in zip(parts[1::2], parts[2::2], strict=True):
            found.append((room, f"{file.relative_to(SRC)}:{name}", body.strip().rstrip(";")))
    return found


def _plain(sql: str) -> str:
    sql = re.sub(r"--[^\n]*", "", sql)
    return re.sub(r"'[^']*'", "''", sql)


def test_every_named_query_fits_the_schema(ground: Ground) -> None:
    wrong = []
    temporary = re.compile(r"create temp(?:orary)? table (?:if not exists )?(\w+)", re.IGNORECASE)
    made_here = {name for _, _, sql in statements() for name in temporary.findall(sql)}
    with ground.db.autocommit() as conn:
        for room, where, sql in statements():
            if ".duckdb.sql:" in where:
                continue  # speaks DuckDB, over the views of the lake; its own tests run it
            if re.match(
                r"\s*(create|drop|alter|set|listen|notify|truncate|copy|vacuum|analyze|lock|reset|discard|declare|fetch|close)\b",
                _plain(sql),
                re.I,
            ):
                continue
            if made_here & set(re.findall(r"\w+", sql)):
                continue  # works on a table that lives for one transaction; its own tests run it
            names: list[str] = []

            def number(match: re.Match[str], names: list[str] = names) -> str:
                if match[1] not in names:
                    names.append(match[1])
                return f"${names.index(match[1]) + 1}"

            text = _PARAMETER.sub(number, sql).replace("%%", "%")
            try:
                conn.execute(f"prepare q as {text}")
                conn.execute("deallocate q")
            except (psycopg.errors.IndeterminateDatatype, psycopg.errors.AmbiguousFunction):
                continue  # a parameter whose type only the call knows
            except psycopg.Error as err:
                wrong.append(f"{where} ({room}): {err.diag.message_primary}")
    assert not wrong, "\n".join(wrong)


def test_every_named_query_is_asked() -> None:
    """The story: queries stood in the files whose function had gone, or was called by its own test only. A query is asked as `Q.name`
    (whatever capitals the module has for the file), or by a name that is built: `Q.texts[f"list_{...}"]`.
    """
    asked: dict[str, set[str]] = defaultdict(set)
    built: dict[str, set[str]] = defaultdict(set)
    for file in SRC.rglob("*.py"):
        room = file.relative_to(SRC).parts[0]
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and re.fullmatch(r"(\w+\.)?[A-Z]+", ast.unparse(node.value)):
                asked[room].add(node.attr)
            elif isinstance(node, ast.Subscript) and re.fullmatch(r"[A-Z]+\.texts", ast.unparse(node.value)):
                start = node.slice.values[0] if isinstance(node.slice, ast.JoinedStr) else None
                assert isinstance(start, ast.Constant), f"{file}: write where the name is asked how it begins"
                built[room].add(str(start.value))
    unasked = [
        where
        for room, where, _ in statements()
        if (name := where.rpartition(":")[2]) not in asked[room] and not name.startswith(tuple(built[room]))
    ]
    assert not unasked, "\n".join(unasked)


def test_a_table_is_written_only_by_its_owner_and_read_only_down_river() -> None:
    owner = tables()
    wrong = []
    for room, where, sql in statements():
        plain = _plain(sql)
        for table in _WRITE.findall(plain):
            if table.lower() in owner and owner[table.lower()] != room:
                wrong.append(f"{where} writes {table}, which belongs to {owner[table.lower()]}")
        for table in _READ.findall(plain):
            home = owner.get(table.lower())
            if home and home != room and home not in MAY_READ[room]:
                wrong.append(f"{where} reads {table} of {home}, which lies down-river")
    assert not wrong, "\n".join(wrong)


def test_a_log_is_ordered_by_its_column_not_by_its_text() -> None:
    """The story: `select xid::text ... order by xid` sorts by the *output* column, which is text, so transaction 1000 came before 999. A
    batch that crossed the boundary ended on a smaller place than it had read, and its facts were folded twice: revenue was wrong by 2 %.
    """
    wrong = [
        where
        for _, where, sql in statements()
        if re.search(r"order\s+by\s+xid\b", _plain(sql), re.I) and re.search(r"\bxid(::text)+\s*(,|from|$)", _plain(sql), re.I)
    ]
    assert not wrong, wrong


def test_no_moment_is_compared_with_a_clock_that_runs_within_a_statement() -> None:
    """`lease_until < clock_timestamp()` can use no index, as the clock may differ for every row: ending leases read the whole queue of
    permits at every look. `statement_timestamp()` is the same clock, read once.
    """
    found = [f"{file.name}: {line}" for file in FILES for line in re.findall(r".*[<>]=?\s*clock_timestamp\(\).*", file.read_text("utf-8"))]
    assert not found, found


def test_no_sql_hides_in_python() -> None:
    """SQL is kept in .sql files; the rule compiler (segments/compile) builds an AST, and base may speak to the server's catalogue."""
    sql = re.compile(r"[\"']\s*(select\s.+\sfrom|insert\s+into|update\s+\w+\s+set|delete\s+from)\s", re.IGNORECASE)
    wrong = [
        f"{file.relative_to(SRC)}:{number}"
        for file in SRC.rglob("*.py")
        if file.relative_to(SRC).parts[0] != "base" and "sandbox" not in file.parts
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if sql.search(line)
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("room", sorted(set(MAY_READ)))
def test_the_door_names_every_table(room: str) -> None:
    """Of the room, or of a room within it."""
    doors = (ast.parse(file.read_text("utf-8")) for file in (SRC / room).rglob("__init__.py"))
    told = "\n".join(ast.get_docstring(door) or "" for door in doors)
    families = set(re.findall(r"\b([a-z]+_)\*", told))
    mine = [name for name, home in tables().items() if home == room]
    missing = [name for name in mine if not re.search(rf"\b{name}\b", told) and not any(name.startswith(f) for f in families)]
    assert not missing, missing


@pytest.mark.parametrize("room", sorted(set(MAY_READ)))
def test_architecture_names_every_table(room: str) -> None:
    told = (SRC.parents[1] / "ARCHITECTURE.md").read_text("utf-8")
    families = set(re.findall(r"\b([a-z]+_)\*", told))  # `identity_*` names the whole family
    mine = [name for name, home in tables().items() if home == room]
    missing = [name for name in mine if not re.search(rf"\b{name}\b", told) and not any(name.startswith(f) for f in families)]
    assert not missing, missing


def test_no_two_files_lock_in_one_space() -> None:
    """The first number of an advisory lock says what is locked. Three rooms once had the same: import 1, broadcast 1 and the sync of
    account 1 kept each other from working.
    """
    locks: dict[tuple[int, str], set[str]] = defaultdict(set)  # the space, and the key in it where that is one number for ever
    for file in [*FILES, *SRC.rglob("*.py")]:
        text, name = file.read_text("utf-8"), str(file.relative_to(SRC))
        for space, key in re.findall(r"advisory\w*\((\d+), (\d*)", text):
            locks[int(space), key].add(name)
        for space in re.findall(r"^_(?:LOCKS?|SPACE) = ([\d_]+)", text, re.MULTILINE):
            locks[int(space), ""].add(name)
    assert len(locks) > 10, "the locks are found"
    whole = {space for space, key in locks if not key}
    shared = {lock: sorted(files) for lock, files in locks.items() if len(files) > 1 or (lock[1] and lock[0] in whole)}
    assert shared == {}
