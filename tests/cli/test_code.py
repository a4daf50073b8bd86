"""`siyu code`: make, list and show, as JSON."""

from __future__ import annotations

from tests.cli.test_contract import Run, env, lin, run  # noqa: F401  fixtures
from tests.web import codes_seed

from siyu.base.ground import Ground


def test_a_code_is_made_listed_and_shown(run: Run, ground: Ground) -> None:  # noqa: F811
    status, answer, _ = run("code", "make", "台卡", "--guide", "g0")
    assert status == 1 and answer["error"]["remedy"], "no corp is connected yet"
    codes_seed.seed(ground, customers=6)
    assert run("code", "make", "台卡", "--guide", "g0:x")[0] == 1
    status, made, _ = run("code", "make", "台卡", "--guide", "g0:30", "--guide", "g1", "--stand-in", "g4", "--rotation", "weighted")
    assert status == 0 and made["state"] == f"lc{made['code_id']}"
    listed = {one["name"]: one for one in run("code", "list")[1]["codes"]}
    assert listed["春茶展易拉宝"]["adds"] == 6 and listed["台卡"]["now"] == ["g0"]
    shown = run("code", "show", str(made["code_id"]))[1]
    assert [(one["guide"], one["cap"], one["why"]) for one in shown["guides"]] == [
        ("g0", 30, "next"), ("g1", None, "waits"), ("g4", None, "stand_in_idle"),
    ]  # fmt: skip
    assert run("code", "show", "999")[0] == 1
