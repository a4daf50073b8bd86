"""The whole loop as a shopkeeper would see it: orders in, a letter out, people react, their orders come back, and the report says so.

It is `siyu demo --once` on a sixteenth of the real shop, moved into the present, with a faster clock. Real PostgreSQL, real SMTP, real
HTTP; the sandbox is its own process. What its people did is the truth that the platform's figures are held against.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from siyu.base.clock import SystemClock
from siyu.cli import main
from siyu.cli.demo import story

DATA = Path(__file__).parents[2] / "data" / "online_retail.parquet"


@pytest.fixture
def small_shop(tmp_path: Path) -> Path:
    """Every sixteenth customer of the shop, whose last order was yesterday."""
    shift = (SystemClock().now() - timedelta(days=1)).date().isoformat()
    file = tmp_path / "orders.parquet"
    duckdb.connect().sql(f"""
        copy (select * replace (InvoiceDate + (date '{shift}' - date '2011-12-09') * interval 1 day as InvoiceDate)
              from '{DATA}' where CustomerID % 16 = 3) to '{file}' (format parquet)""")
    return file


@pytest.fixture
def data() -> Iterator[Path]:
    """A data directory of its own, outside pytest's folder (which every pytest that starts closes to the database's user)."""
    with tempfile.TemporaryDirectory(prefix="siyu-demo-") as folder:
        yield Path(folder)


def test_from_orders_to_a_measured_campaign(
    small_shop: Path, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "FAST", 90_000.0)  # a day a second
    code = main(["demo", "--once", "--json", "--orders", str(small_shop), "--data", str(data), "--port", "0"])
    shown = capsys.readouterr()
    assert code == 0, shown.err[-2000:]
    told = json.loads(shown.out)
    overview, report, truth = told["overview"], told["broadcast"], told["sandbox"]
    funnel, done = report["funnel"], truth["done"]

    assert told["segment"]["people"] == funnel["enrolled"] > 20
    assert abs(funnel["control"] - 0.1 * funnel["enrolled"]) <= 2  # drawn stratum by stratum
    assert funnel["asked"] + funnel["control"] == funnel["enrolled"]
    assert funnel["sent"] + sum(funnel["refused"].values()) + funnel["rejected"] == funnel["asked"]
    assert truth["letters"] == funnel["sent"]  # every letter that we say went out lies in a mailbox, once

    assert not truth["failed"]
    assert funnel["opened"] == done.get("open", 0)
    assert funnel["clicked"] == done.get("click", 0)
    assert funnel["unsubscribed"] == done.get("unsubscribe", 0)

    lines = duckdb.connect().sql(f"select count(*) from '{small_shop}'").fetchall()[0]
    assert overview["lines"] == lines[0]
    web_lines = told["overview_after"]["lines"] - lines[0]
    assert web_lines >= done["buy"] > 0  # an order has a line or more
    assert report["is_over"]
    assert report["buyers"]["treated"]["n"] + report["buyers"]["control"]["n"] == funnel["enrolled"]
    assert set(report["sentence"]) == {"zh", "en"}
