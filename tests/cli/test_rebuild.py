"""`siyu rebuild`: after a change of the brand's time zone, old sums follow."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from siyu import cli, pool
from siyu.base.ground import Ground
from siyu.cli import opening
from siyu.pool import Fact, Identifier, Kind


class _Kept:
    """Lends the ground to a command without letting it close it."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    def __enter__(self) -> Ground:
        return self.ground

    def __exit__(self, *_: object) -> None:
        return None


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert cli.main(["--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def days(ground: Ground) -> list[date]:
    with ground.db.tx() as conn:
        return [row[0] for row in conn.execute("select on_date from trade_days order by 1")]


def test_a_change_of_time_zone_asks_for_it_and_it_moves_the_days(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(opening, "open_ground", lambda *_, **__: _Kept(ground))
    assert told(capsys, "setting", "set", "brand.time_zone", "Asia/Tokyo")["asks_rebuild"] is False  # nothing is folded yet
    told(capsys, "setting", "set", "brand.time_zone", "Asia/Shanghai")
    who = (Identifier(Kind.BUYER_ID, "b1", "shop"),)
    late = datetime(2026, 6, 1, 20, tzinfo=UTC)  # 2 June in Shanghai
    with ground.db.tx() as conn:
        source = pool.ensure_source(conn, "shop", "file", now=late)
        pool.record(ground, conn, source, [Fact("order.paid", "o", late, who, "A1", 200_00, "CNY")])
    while pool.fold(ground):
        pass
    assert days(ground) == [date(2026, 6, 2)]
    assert told(capsys, "setting", "set", "brand.time_zone", "Asia/Shanghai")["asks_rebuild"] is False
    assert told(capsys, "setting", "set", "brand.time_zone", "Europe/London")["asks_rebuild"] is True
    for _ in range(2):  # safe to repeat
        assert told(capsys, "rebuild") == {"facts": 1}
        assert days(ground) == [date(2026, 6, 1)]
    with ground.db.tx() as conn:
        assert conn.execute("select orders_n, spent_minor from profiles").fetchall() == [(1, 200_00)]
