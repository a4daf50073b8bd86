"""The plan in three stages, each with the gates that lead to the next: where the shop stands, and where it must be."""

from __future__ import annotations

from typing import Any

from siyu.analytics.diagnosis.judging import GOOD_REPEAT, GOOD_REPURCHASE, LEAST_SHARE_KNOWN, stage_of

STAGES = ("accumulate", "deepen", "widen")
LEAST_NAMED = 1000
MOST_TOP_SHARE = 0.60
LEAST_NEW_SHARE = 0.10  # of all buyers, who came within 90 days


def plan_of(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """The stages in order: state (done, now, next) and gates (what, now, goal, whether a share, whether met; None = nobody can say)."""
    here = STAGES.index(stage_of(figures))
    f = figures
    known = None if f["anonymous_share"] is None else 1 - f["anonymous_share"]
    gates = {
        "accumulate": [_gate("named", f["customers"], LEAST_NAMED, is_share=False), _gate("known", known, LEAST_SHARE_KNOWN)],
        "deepen": [_gate("repeat", f["repeat_rate"], GOOD_REPEAT), _gate("again", f["repurchase_90d"], GOOD_REPURCHASE)],
        "widen": [
            _gate("new", f["new_90d_share"], LEAST_NEW_SHARE),
            _gate("top", (f["top_share"] or {}).get("10"), MOST_TOP_SHARE, is_most=True),
        ],
    }
    return [
        {"stage": name, "number": n + 1, "state": "done" if n < here else "now" if n == here else "next", "gates": gates[name]}
        for n, name in enumerate(STAGES)
    ]


def _gate(what: str, now: float | None, goal: float, *, is_share: bool = True, is_most: bool = False) -> dict[str, Any]:
    met = None if now is None else now <= goal if is_most else now >= goal
    return {"what": what, "now": now, "goal": goal, "is_share": is_share, "is_most": is_most, "met": met}
