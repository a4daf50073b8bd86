"""`siyu lake`: status, sync, compact, sql; and what the doctor says of the lake."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from tests.conftest import KEYS, NOW

from siyu import cli, pool
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.cli.checkup.lake import lake_files
from siyu.cli.checkup.words import Degree, Patient
from siyu.pool import Fact, Identifier, Kind


@pytest.fixture
def run(ground: Ground, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command with --json; gives the exit code and the object."""
    keys = {name: base64.b64encode(getattr(KEYS, name)).decode() for name in ("master", "index", "signing")}
    for name, value in {
        "SIYU_DATABASE_URL": ground.db.url, "SIYU_DATA": str(ground.config.data), "SIYU_KEYS": json.dumps(keys), "SIYU_LANG": "en",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)

    def call(*words: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = cli.main([*words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return call


def test_the_commands_and_the_doctor(run: Any, ground: Ground, clock: StillClock, capsys: pytest.CaptureFixture[str]) -> None:
    def finding() -> Any:
        return next(iter(lake_files(Patient(ground.config, "", ground))), None)

    with ground.db.tx() as conn:
        source = pool.ensure_source(conn, "shop", "file", now=NOW)
        who = (Identifier(Kind.MEMBER_ID, "m1", "shop"),)
        pool.record(ground, conn, source, [Fact("order.paid", f"o{n}", NOW, who, f"O{n}", 250, "CNY") for n in range(4)])
    assert run("lake", "status")[1]["home"] == "none"
    assert finding() is None
    assert run("lake", "sync")[1] == {"facts": 4, "mended": 0, "cleaned": 0, "merged": 0}
    code, told = run("lake", "status")
    assert (code, told["home"], told["rows"]["facts"], told["waiting"]) == (0, "here", 4, 0)
    assert finding().degree is Degree.WELL
    assert run("lake", "compact")[0] == 0
    code, told = run("lake", "sql", "select sum(paid_minor) as paid, min(paid_at) as first_at from orders")
    assert (code, told) == (0, {"columns": ["paid", "first_at"], "rows": [[1000, "2026-11-20T04:00:00.000000Z"]]})
    code, told = run("lake", "sql", "select * from nowhere")
    assert code == 1 and "docs/lake.md" in told["error"]["remedy"]
    assert cli.main(["lake", "sql", "select order_no, paid_minor from orders order by 1 limit 1"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == ["O0", "250"]
    file = next((ground.config.data / "lake" / "facts").rglob("*.parquet"))
    file.unlink()
    code, told = run("lake", "status")
    assert (code, [(one["what"], one["told"]) for one in told["faults"]]) == (1, [("missing", "the file is gone")])
    assert finding().about == "lake_faults" and "the file is gone" in finding().what
    assert cli.main(["lake", "status"]) == 1
    assert ": the file is gone. Run siyu lake sync" in capsys.readouterr().out
    assert run("lake", "sync")[1]["mended"] == 1
    with ground.db.tx() as conn:
        pool.record(ground, conn, source, [Fact("order.paid", "late", NOW, who, "O9", 250, "CNY")])
    clock.at = clock.at.replace(hour=9)
    assert finding().about == "lake_behind"
    assert cli.main(["lake", "status"]) == 0
    assert "1 facts wait" in capsys.readouterr().out
