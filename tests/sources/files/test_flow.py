"""Imports from beginning to end: once only in any wrapping, through kills, undone without a trace, bad rows mended and taken in."""

from __future__ import annotations

import csv
import io
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.sources.files.making import csv_text, gzipped, workbook

from siyu import pool
from siyu.base.clock import StillClock
from siyu.base.errors import NotFoundError
from siyu.base.ground import Ground
from siyu.sources import files
from siyu.sources.files import FileFault, NotSettled, Options, flow, running

HEADER = ["订单号", "商品编码", "数量", "单价", "付款时间", "手机号", "姓名"]


def _lines(n: int) -> list[list[str]]:
    return [
        [
            f"A{i // 3}", f"s{i % 7}", str(1 + i % 4), f"{1 + i % 50}.{i % 100:02}", f"2026-0{1 + i % 9}-11 10:{i % 60:02}",
            f"138{i % 97:08}", f"客{i % 97}",
        ]
        for i in range(n)
    ]  # fmt: skip


def _csv(path: Path, rows: list[list[str]], encoding: str = "utf-8") -> Path:
    path.write_bytes(csv_text([HEADER, *rows]).encode(encoding))
    return path


def _totals(ground: Ground) -> dict[str, Any]:
    while pool.fold(ground):
        pass
    with ground.db.tx() as conn:
        trade = conn.execute(
            "select type, is_identified, sum(lines_n), sum(amount_minor) from trade_days group by 1, 2 order by 1, 2"
        ).fetchall()
        orders = conn.execute("select count(*), sum(paid_minor), sum(refunded_minor), sum(lines_n) from orders").fetchone()
        people = conn.execute("select count(*), sum(spent_minor), sum(orders_n) from profiles").fetchone()
    return {"trade": trade, "orders": orders, "people": people}


def test_the_same_orders_in_any_wrapping_are_imported_once(ground: Ground, tmp_path: Path) -> None:
    rows = _lines(300)
    done = files.import_file(ground, _csv(tmp_path / "a.csv", rows))
    assert (done["rows"], done["imported"], done["known"], done["rejected"]) == (300, 300, 0, 0)
    first = _totals(ground)
    assert first["people"][0] == 97 and first["orders"][0] == 100
    typed = [[a, b, int(c), float(d), e, f, g] for a, b, c, d, e, f, g in rows]
    conn = duckdb.connect()
    conn.execute("create table t as select * from (values ('', '', 0, 0.0::double, '2026-01-01'::timestamp, '', '')) limit 0")
    conn.executemany("insert into t values (?, ?, ?, ?, ?, ?, ?)", [[*r[:4], r[4] + ":00", *r[5:]] for r in typed])
    names = ", ".join(f'col{n} as "{name}"' for n, name in enumerate(HEADER))
    conn.execute(f"copy (select {names} from t) to '{tmp_path / 'a.parquet'}' (format parquet)")
    conn.close()
    again = [
        _csv(tmp_path / "gbk.csv", rows, "gb18030"),
        _csv(tmp_path / "reversed.csv", rows[::-1], "utf-16"),
        gzipped(tmp_path / "a.csv.gz", csv_text([HEADER, *rows], "\t").encode()),
        workbook(tmp_path / "a.xlsx", {"订单": [["导出"], HEADER, *typed]}),
        tmp_path / "a.parquet",
    ]
    for path in again:
        done = files.import_file(ground, path)
        assert (done["rows"], done["imported"], done["known"], done["side"]) == (300, 0, 300, 0), path.name
    assert _totals(ground) == first


def test_undo_restores_what_was_before(ground: Ground, tmp_path: Path) -> None:
    files.import_file(ground, _csv(tmp_path / "a.csv", _lines(90)))
    before = _totals(ground)
    with ground.db.tx() as conn:
        profiles = conn.execute("select person_id, traits, spent_minor, orders_n, stage from profiles order by 1").fetchall()
    done = files.import_file(ground, _csv(tmp_path / "b.csv", _lines(300)))
    assert done["known"] == 90 and done["imported"] == 210
    assert _totals(ground) != before
    assert files.undo(ground, done["import_id"]) >= 210
    assert _totals(ground) == before
    with ground.db.tx() as conn:
        assert conn.execute("select person_id, traits, spent_minor, orders_n, stage from profiles order by 1").fetchall() == profiles
    assert files.see(ground, done["import_id"]).state == "undone" and files.undo(ground, done["import_id"]) == 0
    again = files.import_file(ground, _csv(tmp_path / "b.csv", _lines(300)))
    assert again["imported"] == 210


CHILD = """
import sys
from pathlib import Path
from siyu.base.clock import StillClock
from siyu.base.config import Config
from siyu.base.db import Database
from siyu.base.ground import Ground
from siyu.base.vault import Vault
from siyu.sources.files import running
from datetime import datetime
url, data, now, number = sys.argv[1:]
running.BATCH = 200
keys = Vault(*(bytes([n]) * 32 for n in (1, 2, 3)))
ground = Ground(Database(url, size=3), StillClock(datetime.fromisoformat(now)), keys, Config(Path(data), url, "", 0, "http://x", "error"))
running.run(ground, int(number))
"""


@pytest.mark.crash
def test_killed_again_and_again_it_goes_on_and_ends_at_the_same_totals(
    ground: Ground, database_url: str, tmp_path: Path, another_ground: Callable[[], Ground], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = _lines(3000)
    rows[17][4] = rows[2321][4] = "never"
    path = _csv(tmp_path / "a.csv", rows)
    seen = files.preview(ground, path)
    files.start(ground, seen.import_id)
    words = [sys.executable, "-c", CHILD, database_url, str(ground.config.data), ground.clock.now().isoformat(), str(seen.import_id)]
    killed = []
    for least in (200, 1000, 2000):
        child = subprocess.Popen(words)
        try:
            until = time.monotonic() + 60
            while files.see(ground, seen.import_id).rows < least and child.poll() is None and time.monotonic() < until:
                time.sleep(0.005)
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
        killed.append(files.see(ground, seen.import_id).rows)
    assert killed[0] >= 200 and killed[-1] < 3000 and files.see(ground, seen.import_id).state == "running", killed
    with ground.db.tx() as conn:
        facts = conn.execute("select count(*) from facts where type like 'order.%%'").fetchone()
        rejected = conn.execute("select count(*) from import_rejects").fetchone()
    assert facts and rejected and facts[0] + rejected[0] == killed[-1], "the place and the facts are committed together"
    monkeypatch.setattr(running, "BATCH", 350)  # another release, other stretches
    done = files.import_file(ground, path)  # the same bytes: goes on instead of beginning anew
    assert done["import_id"] == seen.import_id
    assert (done["rows"], done["imported"], done["known"], done["rejected"]) == (3000, 2998, 0, 2)
    through_kills = _totals(ground)
    files.undo(ground, seen.import_id)
    files.import_file(ground, path)
    assert _totals(ground) == through_kills


def test_two_processes_never_run_one_import(ground: Ground, another_ground: Callable[[], Ground], tmp_path: Path) -> None:
    seen = files.preview(ground, _csv(tmp_path / "a.csv", _lines(30)))
    files.start(ground, seen.import_id)
    first = running.Running(ground, seen.import_id)
    with pytest.raises(FileFault):
        files.run(another_ground(), seen.import_id)
    assert files.advance(another_ground()) == 0
    first.close()
    assert files.run(another_ground(), seen.import_id).imported == 30


def test_the_river_runs_imports_one_after_another(ground: Ground, tmp_path: Path) -> None:
    numbers = []
    for n in range(3):
        numbers.append(files.preview(ground, _csv(tmp_path / f"{n}.csv", _lines(20 * (n + 1)))).import_id)
    assert [i.import_id for i in files.same_header(ground, numbers[0])] == numbers[1:]
    for number in numbers:
        files.start(ground, number)
    steps = 0
    while files.advance(ground):
        steps += 1
    assert [files.see(ground, n).state for n in numbers] == ["done"] * 3 and steps >= 6
    assert sum(files.see(ground, n).imported for n in numbers) == 60
    assert [i.import_id for i in files.all_imports(ground)] == numbers[::-1]


def test_undo_in_the_middle_stops_the_run(ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BATCH", 10)
    before = _totals(ground)
    seen = files.preview(ground, _csv(tmp_path / "a.csv", _lines(100)))
    files.start(ground, seen.import_id)
    now = running.Running(ground, seen.import_id)
    assert now.step() == 10 and now.step() == 10
    files.undo(ground, seen.import_id)
    with pytest.raises(running.NotOurs):
        while now.step():
            pass
    now.close()
    assert _totals(ground) == before and files.see(ground, seen.import_id).state == "undone"


def _mended(data: bytes, mend: Callable[[dict[str, str]], None]) -> list[list[str]]:
    table = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    for row in table:
        mend(row)
    return [list(table[0]), *[list(row.values()) for row in table]]


def test_rejects_are_mended_and_taken_in(ground: Ground, tmp_path: Path) -> None:
    rows = _lines(60)
    rows[10] = list(rows[9])  # the same line twice: two sales
    whole = [list(r) for r in rows]
    rows[10][4] = "11/2026 vormittags"
    rows[20][3] = "=1+1"
    rows[30][5] = "1.38E+10"
    path = _csv(tmp_path / "a.csv", rows)
    done = files.import_file(ground, path)
    assert (done["imported"], done["rejected"]) == (57, 3)
    assert files.reject_counts(ground, done["import_id"]) == [
        ("digits_lost", "手机号", 1, 32), ("not_a_date", "付款时间", 1, 12), ("not_a_number", "单价", 1, 22),
    ]  # fmt: skip
    with ground.db.tx() as conn:
        sealed = conn.execute("select row_sealed from import_rejects").fetchall()
    assert not any(b"A3" in bytes(s) or "客".encode() in bytes(s) for (s,) in sealed)
    out = b"".join(files.rejects_file(ground, done["import_id"], "zh"))
    table = list(csv.reader(io.StringIO(out.decode("utf-8-sig"))))
    assert table[0] == ["siyu_import", "siyu_row", "siyu_field", "siyu_value", "siyu_why", "siyu_remedy", *HEADER]
    assert [row[1] for row in table[1:]] == ["12", "22", "32"]
    assert table[2][3] == "'=1+1" and table[2][6 + 3] == "'=1+1" and "单价" in table[2][2]

    def mend(row: dict[str, str]) -> None:
        row["付款时间"] = whole[10][4] if row["siyu_row"] == "12" else row["付款时间"]
        row["单价"] = whole[20][3] if row["siyu_row"] == "22" else row["单价"]

    mended = tmp_path / "mended.csv"
    mended.write_bytes(csv_text(_mended(out, mend)).encode("utf-8-sig"))
    second = files.import_file(ground, mended)
    assert (second["imported"], second["known"], second["rejected"]) == (2, 0, 1)
    assert files.import_file(ground, mended)["known"] == 2, "the twin of an accepted line is its second occurrence, once"
    last = b"".join(files.rejects_file(ground, second["import_id"], "en"))

    def mend_phone(row: dict[str, str]) -> None:
        row["手机号"] = whole[30][5]

    final = tmp_path / "final.csv"
    final.write_bytes(csv_text(_mended(last, mend_phone)).encode("utf-8-sig"))
    assert files.import_file(ground, final)["imported"] == 1
    assert files.import_file(ground, _csv(tmp_path / "whole.csv", whole))["known"] == 60
    everything = _totals(ground)
    for it in files.all_imports(ground):
        files.undo(ground, it.import_id)
    files.import_file(ground, _csv(tmp_path / "whole.csv", whole))
    assert _totals(ground) == everything


def test_what_was_accepted_for_a_header_is_proposed_again(ground: Ground, tmp_path: Path) -> None:
    seen = files.preview(ground, _csv(tmp_path / "a.csv", _lines(5)))
    assert not seen.is_remembered and seen.mapping.columns["姓名"] == "trait.name"
    columns = {c: f for c, f in seen.mapping.columns.items() if c != "姓名"}
    mapping = files.from_json(files.to_json(seen.mapping) | {"columns": columns, "source": "天猫旗舰店"})
    assert files.remap(ground, seen.import_id, mapping).counts == {"order.paid": 5}
    files.start(ground, seen.import_id)
    files.run(ground, seen.import_id)
    later = files.preview(ground, _csv(tmp_path / "b.csv", _lines(6)))
    assert later.is_remembered and later.mapping == mapping and files.see(ground, 1).source == "天猫旗舰店"
    assert {c.confidence for c in later.columns if c.field} == {1.0}
    assert files.source_names(ground) == ["天猫旗舰店"]


def test_a_preview_says_what_must_be_settled(ground: Ground, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(csv_text([["订单号", "金额", "付款时间", "状态"], ["A1", "12", "05/01/2026", "神秘"]]).encode())
    seen = files.preview(ground, path)
    assert {n.code for n in seen.notes if n.is_blocking} == {"open_dates", "status_open"}
    with pytest.raises(NotSettled):
        files.start(ground, seen.import_id)
    with pytest.raises(NotSettled):
        files.import_file(ground, path)
    assert [i.import_id for i in files.all_imports(ground)] == [seen.import_id], "a refused import leaves nothing behind"
    done = files.import_file(ground, path, Options(day_first=True, mapping={"statuses": {"神秘": "paid"}}))
    assert done["imported"] == 1
    assert any(n.code == "same_file" for n in files.preview(ground, path).notes)
    nothing = tmp_path / "b.csv"
    nothing.write_bytes(b"x,y\n1,2\n")
    with pytest.raises(NotSettled) as caught:
        files.import_file(ground, nothing)
    assert caught.value.note.code == "field_needed"


def test_copies_are_deleted_when_they_are_not_needed(ground: Ground, clock: StillClock, tmp_path: Path) -> None:
    room = ground.config.data / "imports"
    good = files.import_file(ground, _csv(tmp_path / "a.csv", _lines(5)))
    assert not (room / str(good["import_id"])).exists()
    rows = _lines(5)
    rows[1][4] = "?"
    bad = files.import_file(ground, _csv(tmp_path / "b.csv", rows))
    assert [p.name for p in (room / str(bad["import_id"])).iterdir()] == ["seen.npy"]
    waiting = files.preview(ground, _csv(tmp_path / "c.csv", _lines(6)))
    clock.move(timedelta(days=8))
    files.preview(ground, _csv(tmp_path / "d.csv", _lines(7)))
    assert not (room / str(waiting.import_id)).exists()
    with pytest.raises(NotFoundError):
        files.see(ground, waiting.import_id)


def test_a_file_that_breaks_midway_keeps_what_is_in_and_says_where(ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BATCH", 50)
    monkeypatch.setattr(flow, "SAMPLE", 100)  # so that the preview does not meet it
    text = csv_text([HEADER, *_lines(500)]) + 'A9,"s1\r\n' + csv_text([["x" * 120]] * 1200)
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    seen = files.preview(ground, path)
    files.start(ground, seen.import_id)
    with pytest.raises(FileFault) as caught:
        files.run(ground, seen.import_id)
    it = files.see(ground, seen.import_id)
    assert caught.value.code == "open_quote" and it.state == "failed" and 0 < it.rows <= 500 and it.imported == it.rows
    path.write_bytes(csv_text([HEADER, *_lines(500)]).encode())
    done = files.import_file(ground, path)
    assert done["known"] == it.rows and done["imported"] == 500 - it.rows


def test_progress_is_seen_by_others_while_it_runs(ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BATCH", 20)
    seen = files.preview(ground, _csv(tmp_path / "a.csv", _lines(200)))
    files.start(ground, seen.import_id)
    said: list[files.Progress] = []
    worker = threading.Thread(target=files.run, args=(ground, seen.import_id, said.append))
    worker.start()
    worker.join()
    assert [p.rows for p in said] == [*range(20, 201, 20), 200] and said[-1].state == "done"
    assert said[4].share == pytest.approx(0.5, abs=0.01)
    end = files.progress(ground, seen.import_id)
    assert (end.rows, end.rows_total, end.imported, end.share) == (200, 200, 200, 1.0)
