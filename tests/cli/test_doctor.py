"""Every fault of the configuration is found, said in a sentence, and comes with its remedy."""

from __future__ import annotations

import argparse
import base64
import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import KEYS

from siyu import channels, cli, pool, vendors, web
from siyu.base import jobs, settings
from siyu.base.ground import Ground
from siyu.base.text import catalogue
from siyu.base.vault import Vault
from siyu.cli import checkup
from siyu.cli.checkup import Degree, Finding, Patient
from siyu.cli.doctor import examine
from siyu.pool import Fact, Kind, normal
from siyu.sources import wishes


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIYU_LANG", "en")
    for name in ("SIYU_DATABASE_URL", "SIYU_KEYS", "SIYU_BASE_URL", "SIYU_DATA", "SIYU_PORT", "SIYU_LOG"):
        monkeypatch.delenv(name, raising=False)


def _found(patient: Patient, checks: list[Any]) -> dict[str, Finding]:
    found = {finding.about: finding for check in checks for finding in check(patient)}
    for one in found.values():
        assert one.what.endswith((".", "!")) and "cli.doctor" not in one.what and "{" not in one.what, one
        assert one.degree is Degree.WELL or (one.remedy and "cli.doctor" not in one.remedy), one
    return found


def test_what_can_be_seen_before_there_is_a_database(ground: Ground, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    with socket.socket() as held:  # a port at which nobody serves
        held.bind(("127.0.0.1", 0))
        quiet = replace(ground.config, base_url=f"http://127.0.0.1:{held.getsockname()[1]}")

    def see(**change: Any) -> dict[str, Finding]:
        return _found(Patient(replace(quiet, **{k: v for k, v in change.items() if k != "env_keys"}), change.get("env_keys", "")),
                      checkup.BEFORE_DATABASE)  # fmt: skip

    found = see()
    assert found["data"].degree is Degree.WELL and "keys_none_yet" in found and "url_local" in found and "url_silent" in found
    assert see(data=tmp_path / "new")["data_missing"].degree is Degree.WATCH
    assert see(data=Path("/proc/sys/nowhere"))["data_no_parent"].degree is Degree.ILL
    (tmp_path / "file").write_text("")
    assert see(data=tmp_path / "file")["data_no_folder"].degree is Degree.ILL
    assert see(base_url="http://crm.example.invalid")["url_plain"].degree is Degree.ILL
    assert see(env_keys="nonsense")["keys_env_broken"].degree is Degree.ILL
    file.write_text("{}")
    file.chmod(0o644)
    assert see()["keys_open"].remedy.startswith("Run: chmod 600")
    file.chmod(0o600)
    assert see()["keys_broken"].degree is Degree.ILL
    file.write_text(json.dumps({n: base64.b64encode(getattr(KEYS, n)).decode() for n in ("master", "index", "signing")}))
    assert see()["keys"].degree is Degree.WELL
    file.unlink()
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("18")
    assert see()["keys_gone"].degree is Degree.ILL


def test_the_address_is_asked_who_answers(ground: Ground) -> None:
    answers = {"ours": b"ok\n", "other": b"<html>"}
    for who, said in answers.items():
        with _Http(said) as port:
            found = _found(Patient(replace(ground.config, base_url=f"http://127.0.0.1:{port}")), checkup.BEFORE_DATABASE)
        assert ("url" in found) is (who == "ours") and ("url_other" in found) is (who == "other")


class _Http:
    """A server that answers every request with one body."""

    def __init__(self, body: bytes) -> None:
        class One(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.rfile.readline()
                self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

        self.server = socketserver.TCPServer(("127.0.0.1", 0), One)

    def __enter__(self) -> int:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return int(self.server.server_address[1])

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def see(ground: Ground) -> Callable[[], dict[str, Finding]]:
    """Examine everything that needs the database."""
    return lambda: _found(Patient(ground.config, "", ground), checkup.WITH_DATABASE)


def test_a_fresh_installation_needs_a_mail_server_and_somebody(see: Callable[[], dict[str, Finding]]) -> None:
    found = see()
    assert {name for name, one in found.items() if one.degree is Degree.WATCH} == {"mail_none", "staff_none"}
    assert {name for name, one in found.items() if one.degree is Degree.ILL} == {"durability_off"}, "tests run without fsync"


def test_faults_in_the_database_are_found(see: Callable[[], dict[str, Finding]], ground: Ground) -> None:
    now = ground.clock.now()
    lin = normal.identifier(Kind.EMAIL, "lin@example.com")
    assert lin is not None
    with ground.db.tx() as conn:
        source = pool.ensure_source(conn, "shop", "http", now=now)
        pool.record(ground, conn, source, [Fact("page.viewed", "1", now, (lin,), received_at=now - timedelta(minutes=10))])
        settings.put(conn, "clock", {"real_at": now.isoformat(), "shown_at": now.isoformat(), "rate": 600}, at=now)
        web.create_staff(conn, "longlogin", "Boss", "owner", "longloginlonglogin", now)
        conn.execute("insert into parked (room, what, ref, why) values ('channels', 'send', '7', 'it failed')")
        job = jobs.begin(conn, "import", "orders.csv")
        conn.execute("update jobs set beat_at = now() - interval '1 hour' where job_id = %s", [job])
        jobs.end(conn, jobs.begin(conn, "import", "more.csv"), "failed", "No room.")
        conn.execute("insert into http_reject_days values (%s, %s, 'event', 3)", [source, now.date()])
        conn.execute("delete from migrations where number = (select max(number) from migrations)")
        vendors.keep_account(
            ground, conn, kind="wecom", name="corp", app_id="wwcorp", agent_id="1", secret="s", base_url="http://127.0.0.1:9"
        )
        conn.execute("insert into sync_kin_places (corp, error) values ('wwcorp', '48002')")
        [account] = vendors.accounts(conn)
        conn.execute("insert into desk_visitors (identifier_id, account_id, due_at) values (1, %s, now())", [account.account_id])
        conn.execute("insert into desk_refusals values (%s, now(), 3, '48002')", [account.account_id])
        wishes.wish(conn, [(account.account_id, wishes.Wish("chat", {"chat_id": f"wr{n}"})) for n in (1, 2, 2)], at=now)
        for _ in range(3):
            for one in wishes.due(conn, ["chat"], now + timedelta(days=1)):
                wishes.put_off(conn, one, "60020", now=now)
    found = see()
    for name in (
        "readers_behind",
        "clock_moved",
        "passwords_weak",
        "parked",
        "job_silent",
        "job_failed",
        "rejected",
        "migrations_due",
        "kin_refused",
        "desk_refused",
        "wishes_stuck",
    ):
        assert found[name].degree is not Degree.WELL, name
    assert "2 × chat" in found["wishes_stuck"].what and "IP" in found["wishes_stuck"].remedy
    assert "10 minutes" in found["readers_behind"].what and "event 3" in found["rejected"].what
    with ground.db.tx() as conn:
        conn.execute("update migrations set digest = 'other' where number = 1")
    assert see()["migrations_edited"].degree is Degree.ILL
    with ground.db.tx() as conn:
        conn.execute("insert into migrations values (9999, 'later', 'x')")
    assert see()["migrations_newer"].degree is Degree.ILL


def test_keys_of_another_installation_are_noticed(ground: Ground) -> None:
    lin = normal.identifier(Kind.EMAIL, "lin@example.com")
    assert lin is not None
    with ground.db.tx() as conn:
        source = pool.ensure_source(conn, "shop", "file", now=ground.clock.now())
        pool.record(ground, conn, source, [Fact("page.viewed", "1", ground.clock.now(), (lin,))])
    other = replace(ground, vault=Vault(bytes(32), KEYS.index, KEYS.signing))
    assert "keys_other" in _found(Patient(ground.config, "", other), checkup.WITH_DATABASE)


@pytest.mark.parametrize(
    ("greeting", "case"), [(b"220 mail ESMTP\r\n", "mail_tls"), (b"SSH-2.0-OpenSSH\r\n", "mail_greeting"), (b"", "mail_connect")]
)
def test_a_mail_server_that_does_not_take_us(see: Callable[[], dict[str, Finding]], ground: Ground, greeting: bytes, case: str) -> None:
    class Server(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(greeting)
            for line in self.rfile:
                self.wfile.write(b"250 mail\r\n" if line.upper().startswith((b"EHLO", b"HELO")) else b"502 no\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Server) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        mail = channels.EmailSettings(
            "127.0.0.1", server.server_address[1], channels.Security.STARTTLS, sender="hello@brand.example", timeout_seconds=2
        )
        with ground.db.tx() as conn:
            channels.set_email(ground, conn, mail)
        if not greeting:
            server.shutdown()
            server.server_close()
        names = [name for name in see() if name.startswith("mail")]
        server.shutdown()
    assert len(names) == 1 and (names == [case] or names[0] in ("mail_connect", "mail_greeting", "mail_refused", "mail_tls")), names


def test_unreachable_database_and_wrong_words_end_the_examination_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    args = argparse.Namespace(data=str(tmp_path), json=True)
    monkeypatch.setenv("SIYU_PORT", "eighty")
    (only,) = list(examine(args))
    assert only.degree is Degree.ILL and "SIYU_PORT" in only.remedy
    monkeypatch.delenv("SIYU_PORT")
    monkeypatch.setattr("siyu.cli.doctor._PATIENCE", 0.5)
    monkeypatch.setenv("SIYU_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/none")
    last = list(examine(args))[-1]
    assert last.degree is Degree.ILL and "SIYU_DATABASE_URL" in last.remedy and "secret" not in last.what + last.remedy


def test_looking_starts_nothing_and_makes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = tmp_path / "new"
    assert cli.main(["doctor", "--data", str(where), "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["is_well"] is True and {one["about"] for one in value["findings"]} >= {"data_missing", "keys_none_yet"}
    assert not where.exists()


def test_a_check_that_breaks_does_not_hide_the_others(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    from siyu.cli import doctor

    def breaks(_: Patient) -> Iterator[Finding]:
        raise ValueError("13800138000")
        yield  # pragma: no cover

    found = list(doctor._all([breaks, checkup.WITH_DATABASE[0]], Patient(ground.config, "", ground)))
    assert [one.about for one in found] == ["check_failed", "version"] and "138" not in found[0].what


def test_every_fault_has_its_remedy_in_both_languages() -> None:
    from siyu.cli import checkup as package

    source = "\n".join(f.read_text("utf-8") for f in Path(package.__file__).parent.glob("*.py"))
    import re

    for kind, case in re.findall(r"\b(ill|watch|well)\(\s*\"(\w+)\"", source):
        assert f"cli.doctor_{case}" in catalogue(), case
        assert kind == "well" or f"cli.doctor_{case}_remedy" in catalogue(), case
