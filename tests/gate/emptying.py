"""A database that is emptied, not made anew."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import psycopg
import pytest

from siyu.base import embedded

_numbers = itertools.count(1)
_EMPTY = """
do $$
declare one text;
begin
    set local session_replication_role = replica;  -- foreign keys do not matter when everything goes
    for one in select quote_ident(tablename) from pg_tables where schemaname = 'public' and tablename <> 'migrations' loop
        execute 'delete from ' || one;
    end loop;
    drop table if exists elsewhere;
    if not exists (select 1 from pg_constraint where conname = 'intent_log_key_key') then  -- a planted bug took it away
        alter table intent_log add constraint intent_log_key_key unique (key);
    end if;
end $$
"""


@pytest.fixture(scope="package")
def one_database(server: embedded.Embedded) -> Iterator[str]:
    """The folder's database."""
    name = f"gate_stories_{next(_numbers)}"
    with psycopg.connect(server.url, autocommit=True) as conn:
        conn.execute(f"create database {name} template siyu_template strategy file_copy")
    yield server.url.replace("/siyu?", f"/{name}?")
    with psycopg.connect(server.url, autocommit=True) as conn:
        conn.execute(f"drop database {name} with (force)")


@pytest.fixture
def database_url(one_database: str) -> str:
    """Its address, with nothing in it."""
    with psycopg.connect(one_database, autocommit=True) as conn:
        conn.execute(_EMPTY)
    return one_database
