"""`siyu experiment`: the published sizes, and a whole reading of a file."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from siyu.cli import main


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = main(["experiment", *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_plan(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = run(capsys, "plan", "--rate", "0.05", "--lift", "0.2", "--holdout", "0.5", "--daily", "500")
    assert (code, found["chosen"]["people"], found["chosen"]["control"], found["chosen"]["days"]) == (0, 16_316, 8_158, 47)
    code, found = run(capsys, "plan", "--mean", "1", "--deviation", "13.5", "--lift", "0.3", "--people", "100000", "--cut", "0.352836")
    assert found["chosen"]["visible_lift"] == pytest.approx(0.3207, abs=5e-5)
    for wrong in (["--mean", "1", "--lift", "1"], ["--rate", "5", "--lift", "1"], ["--rate", "0.1", "--lift", "0"]):
        code, found = run(capsys, "plan", *wrong)
        assert code == 1
        assert found["error"]["remedy"]


def test_a_file_is_read_in_every_way_it_allows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "result.csv"
    with file.open("w", newline="", encoding="utf-8-sig") as text:
        sheet = csv.writer(text)
        sheet.writerow(["组", "spend", "before", "orders", "guide"])
        for n in range(600):
            is_treated = n % 2
            sheet.writerow(["sent" if is_treated else "held", 10 + n % 7 + 3 * is_treated, n % 7, 1 + n % 3, n % 20])
    words = [
        "read",
        str(file),
        "--arm",
        "组",
        "--control",
        "held",
        "--outcome",
        "spend",
        "--before",
        "before",
        "--per",
        "orders",
        "--cluster",
        "guide",
    ]
    code, found = run(capsys, *words)
    assert code == 0
    assert found["counts"] == {"held": 300, "sent": 300}
    assert found["split"]["is_broken"] is False
    readings = found["arms"][0]["readings"]
    assert set(readings) == {"plain", "cuped", "ratio", "clusters"}
    assert readings["cuped"]["error"] < readings["plain"]["error"]
    assert readings["cuped"]["difference"] == pytest.approx(3, abs=0.1)
    assert all(one["is_clear"] for one in readings.values())
    assert main(["experiment", "read", str(file), "--arm", "组", "--control", "nobody", "--outcome", "spend"]) == 1
    assert "nobody" in capsys.readouterr().err
    file.write_text("a,b\nx,1\ny,zwei\n", "utf-8")
    assert main(["experiment", "read", str(file), "--arm", "a", "--control", "x", "--outcome", "b"]) == 1
    assert "3" in capsys.readouterr().err
