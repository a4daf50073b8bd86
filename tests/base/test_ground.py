"""The ground holds: the server comes back after kill -9, late commits are not skipped, sealed values open again."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psycopg
import pytest

from siyu.base import cursor, embedded, migrate, settings, vault
from siyu.base.db import Database
from siyu.base.errors import ConfigError
from siyu.base.ground import Ground
from siyu.base.log import scrub


def test_the_server_survives_kill_9(tmp_path: Path) -> None:
    server = embedded.start(tmp_path / "data")
    with psycopg.connect(server.url) as conn:
        conn.execute("create table kept (n int)")
        conn.execute("insert into kept values (7)")
    postmaster = int((server.cluster / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    again = embedded.start(tmp_path / "data")
    with psycopg.connect(again.url) as conn:
        assert conn.execute("select n from kept").fetchone() == (7,)
    server.close()
    again.close()
    assert not (server.cluster / "postmaster.pid").exists()


def test_the_last_to_leave_stops_the_server(tmp_path: Path) -> None:
    first, second = embedded.start(tmp_path / "d"), embedded.start(tmp_path / "d")
    first.close()
    psycopg.connect(second.url).close()
    second.close()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(second.url)


def test_a_cluster_of_another_version_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(ConfigError, match="written by PostgreSQL 17"):
        embedded.start(tmp_path)


def test_migrations_run_once_and_refuse_edits(ground: Ground) -> None:
    assert migrate.migrate(ground.db) == []
    with ground.db.tx() as conn:
        conn.execute("update migrations set digest = 'edited' where number = 1")
    with pytest.raises(ConfigError, match="edited"):
        migrate.migrate(ground.db)


def test_a_late_commit_is_not_skipped(ground: Ground) -> None:
    """Two writers take numbers 1 and 2; 2 commits first. A reader that trusted the numbers alone would skip 1 for ever."""

    def read() -> list[int]:
        with ground.db.tx() as conn:
            place = cursor.take_place(conn, "test")
            assert place is not None
            rows = conn.execute(
                "select xid::text::bigint, seq, n from log where (xid, seq) > (%s::xid8, %s)"
                " and xid < pg_snapshot_xmin(pg_current_snapshot()) order by xid, seq",
                [str(place.xid), place.seq],
            ).fetchall()
            if rows:
                cursor.keep_place(conn, "test", cursor.Place(rows[-1][0], rows[-1][1]))
            return [row[2] for row in rows]

    with ground.db.tx() as conn:
        conn.execute("create table log (seq bigint generated always as identity, xid xid8 default pg_current_xact_id(), n int)")
    with ground.db.tx() as slow:
        slow.execute("insert into log (n) values (1)")
        with ground.db.tx() as quick:
            quick.execute("insert into log (n) values (2)")
        assert read() == []  # 2 is committed but an older transaction still runs
    assert read() == [1, 2]
    assert read() == []


def test_two_workers_do_not_share_a_cursor(ground: Ground) -> None:
    with ground.db.tx() as one, ground.db.tx() as two:
        cursor.take_place(one, "r")
        one.commit()
        assert cursor.take_place(one, "r") == cursor.START
        assert cursor.take_place(two, "r") is None


def test_settings_are_kept(ground: Ground) -> None:
    with ground.db.tx() as conn:
        assert settings.get(conn, "a", 1) == 1
        settings.put(conn, "a", {"b": [2]}, at=ground.clock.now())
        assert settings.get(conn, "a", 1) == {"b": [2]}
        settings.drop(conn, "a")
        assert settings.get(conn, "a", 1) == 1


def test_the_vault_opens_what_it_sealed(tmp_path: Path) -> None:
    keys = vault.load(tmp_path)
    assert vault.load(tmp_path) == keys
    assert (tmp_path / "keys.json").stat().st_mode & 0o77 == 0
    key, wrapped = keys.new_key()
    assert keys.open_key(wrapped) == key
    assert vault.unseal(key, vault.seal(key, "李雷")) == "李雷"
    assert keys.lookup("phone", "", "+8613800138000") != keys.lookup("email", "", "+8613800138000")
    assert keys.is_token(keys.token("click", "1"), "click", "1")
    assert not keys.is_token(keys.token("click", "1"), "click", "2")


def test_wrong_keys_are_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{}")
    with pytest.raises(ConfigError, match="keys"):
        vault.load(tmp_path)


def test_logs_never_carry_personal_data() -> None:
    line = scrub("call 13800138000 or +86 138-0013-8000 or li.lei@example.com at postgresql://u:secret@h/d")
    assert "138" not in line
    assert "li.lei" not in line
    assert "secret" not in line


def test_an_unreachable_database_is_a_clear_error() -> None:
    with pytest.raises(ConfigError, match="does not answer"):
        Database("postgresql://nobody@127.0.0.1:1/none", patience=0.3)
