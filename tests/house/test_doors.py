"""Rooms are entered by their door: `from siyu.pool import record`, never `from siyu.pool.store import ...`."""

from __future__ import annotations

import ast
from pathlib import Path

SRC = Path(__file__).parents[2] / "src" / "siyu"
ROOMS = {"pool", "segments", "gate", "content", "journeys", "channels", "vendors", "sources", "analytics", "web"}
SIDE_DOORS = {
    "siyu.vendors.probes",
    "siyu.sources.connected",
    "siyu.sources.connecting",
    "siyu.pool.relations",
    "siyu.vendors.wecom",
    "siyu.vendors.wechat",
    "siyu.vendors.aliyun_sms",
    "siyu.vendors.tencent_sms",
    "siyu.journeys.answers",
    "siyu.sources.files",
    "siyu.sources.http",
    "siyu.sources.handing",
    "siyu.sources.handing.chats",
    "siyu.analytics.diagnosis",
    "siyu.analytics.lake",
    "siyu.analytics.value",
    "siyu.analytics.experiments",
    "siyu.analytics.ledger",
    "siyu.analytics.scores",
    "siyu.analytics.valuation",
    "siyu.analytics.assumptions",
}  # rooms within rooms


def test_rooms_are_entered_by_their_door() -> None:
    wrong = []
    for file in SRC.rglob("*.py"):
        mine = file.relative_to(SRC).parts[0]
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            named = (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else []
            )
            for module in named:
                parts = module.split(".")
                if len(parts) > 2 and parts[0] == "siyu" and parts[1] in ROOMS and parts[1] != mine and module not in SIDE_DOORS:
                    wrong.append(f"{file.relative_to(SRC)} imports {module}")
    assert not wrong, "\n".join(wrong)
