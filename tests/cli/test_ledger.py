"""`siyu ledger`: spend, P&L, payback and a person's account on the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from siyu import cli, pool
from siyu.analytics import ledger
from siyu.base.ground import Ground
from siyu.cli import opening
from siyu.pool import Fact, Identifier, Kind

AT = datetime(2026, 6, 1, 4, tzinfo=UTC)


@pytest.fixture
def shop(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Ground:
    """A shop with one buyer whom an advertisement won; commands open this very ground."""
    who = (Identifier(Kind.BUYER_ID, "b1", "shop"),)
    with ground.db.tx() as conn:
        source = pool.ensure_source(conn, "shop", "file", now=AT)
        pool.record(ground, conn, source, [
            Fact("page.viewed", "v", AT, who, data={"utm_source": "Ads"}), Fact("order.paid", "o", AT, who, "A1", 200_00, "CNY"),
        ])  # fmt: skip
    monkeypatch.setattr(opening, "open_ground", lambda *_, **__: _Kept(ground))
    monkeypatch.setenv("SIYU_LANG", "zh")
    return ground


class _Kept:
    """Lends the ground to a command without letting it close it."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    def __enter__(self) -> Ground:
        return self.ground

    def __exit__(self, *_: object) -> None:
        while pool.fold(self.ground) + ledger.post(self.ground):
            pass


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    code = cli.main(["--json", "ledger", *words])
    value = json.loads(capsys.readouterr().out)
    assert code == ("error" in value)
    return value


def test_the_story_of_a_spend(shop: Ground, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    add = ("spend", "add", "--amount", "30", "--from", "2026-06-01", "--to", "2026-06-30", "--channel", "ads")
    assert told(capsys, *add) == {"recorded": 1, "known": 0}
    assert told(capsys, *add) == {"recorded": 0, "known": 1}
    table = tmp_path / "spend.csv"
    table.write_text("月份,渠道,花费\n2026-06,ads,20\n2026-07,tv,x\n", "utf-8")
    assert "第 3 行" in told(capsys, "spend", "add", str(table))["error"]["what"]
    table.write_text("月份,渠道,花费\n2026-06,ads,20\n", "utf-8")
    assert told(capsys, "spend", "add", str(table))["recorded"] == 1
    assert [one["amount"] for one in told(capsys, "spend", "list")["spends"]] in (["20.00", "30.00"], ["30.00", "20.00"])
    found = told(capsys, "pnl", "--rule", "first")
    assert found["total"]["net"] == "20.00" and found["paid_cac_minor"] == 50_00
    assert {line["key"]: line["spend"] for line in found["lines"]} == {"ads": "50.00", None: "0.00"}
    assert told(capsys, "person", "b1")["net"] == "20.00"
    assert told(capsys, "payback")["lines"][0]["paid_back"] == 1
    costs = tmp_path / "costs.csv"
    costs.write_text("sku,cost\nS1,1.5\n")
    assert told(capsys, "cost", "add", str(costs)) == {"changed": 1, "rows": 1}
    for words in (("pnl",), ("payback",), ("person", "b1"), ("spend", "list")):
        assert cli.main(["ledger", *words]) == 0
        assert "ads" in (out := capsys.readouterr().out) or words[0] == "person", out
    assert "error" in told(capsys, "spend", "add", "--channel", "x")
    assert "error" in told(capsys, "spend", "add", "/nowhere.csv")
