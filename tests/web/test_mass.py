"""The pages of mass sends in WeCom: what hangs on a message, and how far each guide is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.journeys import world
from tests.web.conftest import OURS, Browse

from siyu import content, journeys, pool
from siyu.base.ground import Ground
from siyu.channels import moments
from siyu.pool import Fact, Identifier, Kind, relations
from siyu.vendors import keep_account

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
TASK = """
insert into mass_tasks (channel, account_id, corp, guide, origin, origin_id, purpose, content_id, content_version, body, state, msgid,
                        planned_at, expires_at, next_at, made_at, confirmed_at)
values ('wecom', 1, 'ww1', %s, 'broadcast', %s, 'marketing', 1, 1, '您好', 'made', %s, %s, %s, %s, %s, %s) returning task_id"""
RECEIVER = """
insert into mass_recipients (task_id, intent_id, token, person_id, subject, state, settled_at) values (%s, %s, 1, %s, %s, %s, %s)"""


@pytest.fixture
def broadcast(shop: Ground) -> int:
    """A draft for the customers of two guides."""
    at = shop.clock.now() - timedelta(days=2)
    with shop.db.tx() as conn:
        source = pool.ensure_source(conn, "wecom:ww1", "wecom", now=at)
        relations.keep_guides(conn, [relations.Guide("ww1", "zs", "张三", "一店"), relations.Guide("ww1", "ls", "李四", "二店")], at)
        facts = [
            Fact("contact.added", f"a{n}", at, (Identifier(Kind.EXTERNAL_USERID, f"wm{n}", "ww1"),), object=guide,
                 data={"guide": guide, "corp": "ww1"})
            for n, guide in enumerate(["zs", "zs", "ls"])
        ]  # fmt: skip
        pool.record(shop, conn, source, facts)
    while pool.fold(shop) + relations.follow(shop):
        pass
    with shop.db.tx() as conn:
        kept = content.keep(shop, conn, "品鉴会", "wecom", "", "您好，{{ brand }}周末有品鉴会。")
        return journeys.make(shop, conn, journeys.Draft("品鉴会", world.BUYERS, "wecom", kept.content_id, holdout_share=0))


def test_attachments_come_and_go_as_versions(browse: Browse, shop: Ground, broadcast: int) -> None:
    operator = browse("operator")
    with shop.db.tx() as conn:
        number = content.all_kept(conn, "wecom")[0].content_id
    here = f"/contents/{number}"
    assert operator.fill(f"{here}/hung", {"kind": "link", "title": "活动", "url": "https://shop.example/a"}).status_code == 303
    form = {"kind": "file", "csrf": operator.token()}
    sent = operator.post(f"{here}/hung", data=form, files={"file": ("tea.png", PNG, "image/png")}, headers=OURS, follow_redirects=False)
    assert sent.status_code == 303, sent.text
    text = operator.look(here).text
    assert "tea.png" in text and "活动" in text and "wecom-bubble" in text
    long = operator.fill(f"{here}/hung", {"kind": "link", "title": "茶" * 50, "url": "https://shop.example/a"})
    assert long.status_code == 422
    operator.fill(f"{here}/hung/remove", {"place": "1"})
    with shop.db.tx() as conn:
        now = content.kept(conn, number)
    assert now and [one["kind"] for one in now.attachments] == ["image"] and now.version == 4
    for lang in ("zh", "en"):
        assert operator.look(f"/contents/new?channel=wecom&lang={lang}").status_code == 200


def test_the_guides_page_shows_each_guide_and_reminds(browse: Browse, shop: Ground, broadcast: int) -> None:
    operator, viewer = browse("operator"), browse("viewer")
    here = f"/broadcasts/{broadcast}"
    assert "还没有群发任务" in viewer.look(f"{here}/guides").text
    with shop.db.tx() as conn:
        now = shop.clock.now()
        for guide, state, subject in (("zs", "sent", 1), ("ls", "open", 2)):
            done_at = now if state == "sent" else None
            row = conn.execute(TASK, [guide, broadcast, guide, now, now + timedelta(days=3), now, now, done_at]).fetchone()
            assert row
            conn.execute(RECEIVER, [row[0], subject, subject, subject, state, now])
    text = viewer.look(f"{here}/guides").text
    assert "张三" in text and "李四" in text and "一店" in text and "未确认" in text and "/remind" not in text
    assert "/remind" in operator.look(f"{here}/guides").text
    refused = operator.fill(f"{here}/remind", {"guide": "ls"})  # there is no account: nobody can be reminded, and that is said
    assert refused.status_code == 303


def test_a_post_for_the_guides_of_a_store(browse: Browse, shop: Ground, broadcast: int) -> None:
    operator, viewer = browse("operator"), browse("viewer")
    assert "还没有发过朋友圈" in viewer.look("/posts").text
    with shop.db.tx() as conn:
        number = content.all_kept(conn, "wecom")[0].content_id
        keep_account(shop, conn, kind="wecom", name="企业", app_id="ww1", agent_id="1", secret="s", base_url="http://127.0.0.1:9/wecom")
    made = operator.fill("/posts", {"content_id": str(number), "store": "一店"})
    assert made.status_code == 303, made.text
    here = str(made.headers["location"])
    text = viewer.look(here).text
    assert "等待创建" in text and "周末有品鉴会" in text and "/cancel" not in text
    operator.fill(f"{here}/cancel", {})
    assert "已停止" in viewer.look("/posts").text
    with shop.db.tx() as conn:
        assert moments.newest(conn)[0].guides == ["zs"]
    nobody = operator.fill("/posts", {"content_id": str(number), "store": "没有这家店"})
    assert nobody.status_code == 422 and "没有人来发表。" in nobody.text and "请至少选一位导购。" in nobody.text
    with shop.db.tx() as conn:
        mail = content.keep(shop, conn, "信", "email", "你好", "周末有品鉴会").content_id
    unfit = operator.fill("/posts", {"content_id": str(mail), "store": "一店"})
    assert unfit.status_code == 422 and "这份内容不是为企业微信写的。" in unfit.text and "请选择为企业微信写的内容。" in unfit.text
