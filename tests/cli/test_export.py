"""Exports: every row, in three formats, harmless in a spreadsheet, masked unless asked otherwise."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.cli.test_contract import Run, env, lin, run  # noqa: F401  fixtures

from siyu import cli
from siyu.base.ground import Ground


def _csv(file: Path) -> list[dict[str, str]]:
    text = file.read_text("utf-8")
    assert text.startswith("\ufeff"), "spreadsheets know UTF-8 by its mark"
    return list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))


def test_orders_and_facts_come_out_whole_in_each_format(run: Run, lin: int, tmp_path: Path) -> None:  # noqa: F811
    for kind, rows in (("orders", 2), ("facts", 5), ("people", 2)):
        for form in ("csv", "jsonl", "parquet"):
            out = tmp_path / f"{kind}.{form}"
            code, done, err = run("export", kind, "--out", str(out))
            assert (code, done["rows"], done["format"]) == (0, rows, form), done
            assert stat.S_IMODE(out.stat().st_mode) == 0o600
            assert "exporting" in err
        whole: list[dict[str, Any]] = [json.loads(line) for line in (tmp_path / f"{kind}.jsonl").read_text().splitlines()]
        assert len(whole) == len(_csv(tmp_path / f"{kind}.csv")) == rows
        assert duckdb.sql(f"select count(*) from '{tmp_path / kind}.parquet'").fetchall() == [(rows,)]
    orders = _csv(tmp_path / "orders.csv")
    assert [(o["order_no"], o["paid"], o["refunded"], o["person_id"]) for o in orders] == [
        ("A1", "30.00", "0.00", str(lin)), ("A2", "45.50", "5.50", str(lin)),
    ]  # fmt: skip
    total = duckdb.sql(f"select sum(paid - refunded) from '{tmp_path}/orders.parquet'").fetchall()[0]
    assert str(total[0]) == "70.00"
    assert not list(tmp_path.glob(".*")), "nothing half-done is left"


def test_cells_that_a_spreadsheet_would_run_are_made_harmless(run: Run, lin: int, tmp_path: Path) -> None:  # noqa: F811
    out = tmp_path / "facts.csv"
    run("export", "facts", "--out", str(out))
    assert "'=cmd|' /C calc'!A0" in {row["object"] for row in _csv(out)}
    amounts = {row["amount"] for row in _csv(out)}
    assert "-5.50" in amounts, "a number is no formula"


def test_people_are_masked_unless_asked_otherwise_and_that_is_noted(run: Run, lin: int, tmp_path: Path, ground: Ground) -> None:  # noqa: F811
    out = tmp_path / "people.csv"
    run("export", "people", "--out", str(out))
    text = out.read_text()
    assert "lin@example.com" not in text and "Lin Hua" not in text and "l***@example.com" in text
    with ground.db.tx() as conn:
        assert conn.execute("select count(*) from staff_log").fetchone() == (0,)
    _, done, err = run("export", "people", "--personal", "--out", str(out))
    row = next(one for one in _csv(out) if one["person_id"] == str(lin))
    assert (row["name"], row["email"]) == ("'=Lin Hua", "lin@example.com")
    assert "personal" in err and done["is_personal"] is True
    with ground.db.tx() as conn:
        assert conn.execute("select what, ref from staff_log").fetchall() == [("exported_personal", "people")]


def test_stdout_takes_the_rows_and_nothing_else(env: None, lin: int, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    assert cli.main(["export", "orders"]) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 3 and out.startswith("source,order_no") and "exporting" in err


def test_a_file_that_cannot_be_written_is_a_clear_word(run: Run, tmp_path: Path) -> None:  # noqa: F811
    code, value, _ = run("export", "orders", "--out", str(tmp_path / "no" / "orders.csv"))
    assert code == 1 and value["error"]["remedy"]
    assert run("export", "orders")[0] == 1
