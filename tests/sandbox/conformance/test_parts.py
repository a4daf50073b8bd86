"""The checks of WeChat and SMS that run alone (`python -m siyu.sandbox.conformance --part wechat`)."""

from __future__ import annotations

import pytest

from siyu.sandbox.conformance import Bench, Check, checks

PARTS = [check for check in checks() if check.module.startswith(("wechat_", "sms_"))]


@pytest.mark.parametrize("check", PARTS, ids=[check.run.__name__ for check in PARTS])
def test_it_behaves_as_documented(bench: Bench, check: Check) -> None:
    check.run(bench.trial())
