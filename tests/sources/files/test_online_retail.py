"""The anchors of science.md 2.4: a real shop's file, imported as a stranger would, to the penny."""

from __future__ import annotations

from pathlib import Path

import pytest

from siyu import pool
from siyu.base.ground import Ground
from siyu.sources import files
from siyu.sources.files import Options

FILE = Path(__file__).parents[3] / "data" / "online_retail.parquet"


@pytest.mark.xdist_group("online retail")
def test_online_retail_to_the_penny(ground: Ground) -> None:
    """One import of 541,909 lines; every other test is small, this one is the truth."""
    with ground.db.tx() as conn:
        pool.set_brand(conn, pool.Brand("Gifts", "GBP", "Europe/London", "en", "GB"), at=ground.clock.now())
    done = files.import_file(ground, FILE, Options(source="online retail"))
    assert (done["rows"], done["imported"], done["known"], done["rejected"]) == (541_909, 541_909, 0, 0)
    with ground.db.tx() as conn:
        trade = {(t, known): (lines, amount) for t, known, lines, amount in conn.execute(
            "select type, is_identified, sum(lines_n)::bigint, sum(amount_minor)::bigint from trade_days group by 1, 2"
        )}  # fmt: skip
        orders = conn.execute(
            "select count(*), count(distinct i.person_id), sum(paid_minor)::bigint from orders o"
            " join identifiers i on i.identifier_id = o.subject where o.paid_at is not null"
        ).fetchone()
        customers = conn.execute("select count(distinct person_id) from identifiers where kind = 'user_id'").fetchone()
        bought = conn.execute("select count(*), sum(spent_minor)::bigint, sum(orders_n) from profiles where orders_n > 0").fetchone()
    assert sum(lines for lines, _ in trade.values()) == 541_909
    assert sum(amount for _, amount in trade.values()) == 974_774_793
    assert customers == (4_372,)
    assert trade["order.paid", True] == (397_884, 891_140_790)
    assert orders == (18_532, 4_338, 891_140_790)
    assert bought == (4_338, 891_140_790, 18_532)
    refunds = [trade["order.refunded", known] for known in (True, False)]
    assert (sum(n for n, _ in refunds), sum(a for _, a in refunds)) == (9_288, -89_681_249)
    with ground.db.tx() as conn:
        anonymous = conn.execute("select count(*) from profiles where not is_known").fetchone()
    assert anonymous == (0,), "lines without a customer are trade, never people"
