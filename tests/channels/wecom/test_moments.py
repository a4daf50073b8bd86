"""Moments against the sandbox's corp: made asynchronously, published by guides one by one, liked by customers."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest
from tests.channels.wecom.conftest import Corp

from siyu import content
from siyu.base.errors import InputError
from siyu.channels import moments
from siyu.vendors import Trouble, VendorError
from siyu.vendors.wecom import Client

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


def post(corp: Corp, *guides: str, kind: str = "image") -> int:
    with corp.ground.db.tx() as conn:
        digest = content.keep_file(corp.ground, conn, "tea.png", kind, PNG)
        kept = content.keep(corp.ground, conn, f"圈{kind}", "wecom", "", "新茶到店。", attachments=[{"kind": kind, "file": digest}])
        return moments.make(corp.ground, conn, account_id=corp.account.account_id, content_id=kept.content_id, guides=guides)


def go(corp: Corp, rounds: int = 4) -> moments.MomentTask:
    for _ in range(rounds):
        moments.advance(corp.ground)
        corp.wait(timedelta(minutes=1))
    with corp.ground.db.tx() as conn:
        return moments.newest(conn)[0]


def test_a_post_is_published_by_guides_and_liked(corp: Corp) -> None:
    corp.guides("zs", "ls")
    (customer, *_), _ = corp.customers("zs", 2), corp.customers("ls", 1)
    number = post(corp, "zs", "ls")
    assert go(corp).state == "made"
    (task,) = corp.tasks()
    corp.trial.hand("/deeds/confirm_task", task=task["task"], userid="zs")
    corp.trial.hand("/deeds/react", task=task["task"], who=customer, kind="like")
    corp.trial.hand("/deeds/react", task=task["task"], who=customer, kind="comment")
    corp.wait(timedelta(hours=1))
    now = go(corp, 1)
    assert (now.published, now.likes, now.comments) == (1, 1, 1)
    with corp.ground.db.tx() as conn:
        assert [(one.guide, one.is_published, one.likes) for one in moments.guides_of(conn, number)] == [("ls", False, 0), ("zs", True, 1)]
    moments.cancel(corp.ground, number)
    assert corp.tasks()[0]["is_cancelled"] and go(corp, 1).state == "cancelled"


def test_what_moments_do_not_take_and_what_nobody_knows(corp: Corp) -> None:
    corp.guides("zs")
    corp.customers("zs", 1)
    with pytest.raises(InputError):
        post(corp, "zs", kind="file")
    with pytest.raises(InputError):
        post(corp)
    post(corp, "zs")
    lost = VendorError("no_answer", Trouble.UNKNOWN, "add_moment_task", is_unknown=True)
    with patch.object(Client, "add_moment_task", side_effect=lost) as called:
        assert go(corp).state == "unknown"
    assert called.call_count == 1 and corp.tasks() == []
