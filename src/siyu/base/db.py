"""PostgreSQL: connections, transactions, and SQL kept as SQL.

Named queries live in `.sql` files beside the code that uses them, each under a line `-- name: what_it_does`. Parameters are psycopg's
`%(name)s`. A house test prepares every one of them against the schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from typing import Any, TypeVar

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from siyu.base.errors import ConfigError

Connection = psycopg.Connection[TupleRow]
T = TypeVar("T")

_NAME = re.compile(r"^--\s*name:\s*(\w+)\s*$", re.MULTILINE)


class Queries:
    """The named queries of one file, as attributes: `Q.take_facts` is the SQL text."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts

    def __getattr__(self, name: str) -> Any:
        try:
            return self.texts[name]
        except KeyError:
            raise AttributeError(f"no query named {name}") from None


@cache
def queries(module: str, file: str = "store.sql") -> Queries:
    """Load the named queries of `file`, which lies beside `module` (pass `__name__`)."""
    package = module if _is_package(module) else module.rpartition(".")[0]
    text = resources.files(package).joinpath(file).read_text("utf-8")
    parts = _NAME.split(text)
    names, bodies = parts[1::2], parts[2::2]
    texts = {name: body.strip().rstrip(";") for name, body in zip(names, bodies, strict=True)}
    if len(texts) != len(names):
        raise ValueError(f"{package}/{file}: a query name stands twice")
    return Queries(texts)


def _is_package(module: str) -> bool:
    import importlib.util

    spec = importlib.util.find_spec(module)
    return spec is not None and spec.submodule_search_locations is not None


class Database:
    """One PostgreSQL database and a bounded pool of connections to it, shared by the threads of a process."""

    def __init__(self, url: str, *, size: int = 8, patience: float = 15) -> None:
        self.url = url
        self._pool = ConnectionPool(
            url, min_size=1, max_size=size, open=False, timeout=30, kwargs={"options": "-c timezone=UTC"}, name="siyu"
        )
        try:
            self._pool.open(wait=True, timeout=patience)
        except PoolTimeout:
            self._pool.close()
            raise ConfigError(
                "The database does not answer.",
                "Check SIYU_DATABASE_URL (host, port, user, password, database), or unset it to use the embedded server.",
            ) from None

    @contextmanager
    def tx(self) -> Iterator[Connection]:
        """A connection with one transaction: committed when the block ends, rolled back when it raises."""
        with self._pool.connection() as conn:
            yield conn

    def again(self, work: Callable[[Connection], T], *, tries: int = 5) -> T:
        """Do `work` in a transaction of its own; from the start again when the server broke it off to end a deadlock.

        For work that does nothing outside the transaction. Locks are taken in one order wherever we can; this is for where we cannot.
        """
        while True:
            tries -= 1
            try:
                with self.tx() as conn:
                    return work(conn)
            except psycopg.errors.DeadlockDetected:
                if tries <= 0:
                    raise

    @contextmanager
    def autocommit(self) -> Iterator[Connection]:
        """A connection of its own outside the pool, without a transaction: LISTEN, CREATE DATABASE, session locks."""
        with psycopg.connect(self.url, autocommit=True, options="-c timezone=UTC") as conn:
            yield conn

    def close(self) -> None:
        """Give all connections back to the server."""
        self._pool.close()
