"""The card of guides and chats on the 360 page."""

from __future__ import annotations

from datetime import timedelta

from tests.web.conftest import Browse

from siyu import pool
from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind, relations


def test_the_page_says_whose_customer_somebody_is(staffed: Ground, browse: Browse) -> None:
    now = staffed.clock.now()
    who = Identifier(Kind.EXTERNAL_USERID, "wmLin", "ww1")
    base = {"corp": "ww1"}
    with staffed.db.tx() as conn:
        source = pool.ensure_source(conn, "wecom:ww1", "wecom", now=now)
        facts = [
            Fact(
                "contact.added",
                "1",
                now - timedelta(days=9),
                (who,),
                object="zs",
                data=base | {"add_way": 1, "state": "ch_7", "tags": ["et1"]},
            ),
            Fact("contact.added", "2", now - timedelta(days=8), (who,), object="ls", data=base | {"add_way": 999}),
            Fact("contact.removed", "3", now - timedelta(days=2), (who,), object="ls", data=base | {"by": "customer"}),
            Fact("group.joined", "4", now - timedelta(days=1), (who,), object="wr1", data=base | {"state": "jw_1"}),
        ]
        pool.record(staffed, conn, source, facts)
        relations.keep_guides(conn, [relations.Guide("ww1", "zs", "张珊", "徐家汇店"), relations.Guide("ww1", "ls", "李四")], now)
        relations.keep_groups(conn, [relations.ChatGroup("ww1", "wr1", "福利群", "zs")], now)
        relations.keep_tags(conn, [relations.CorpTag("ww1", "et1", "金卡", "g", "等级")], now)
    while pool.fold(staffed):
        pass
    while relations.follow(staffed):
        pass
    with staffed.db.tx() as conn:
        person = pool.person_of(staffed, conn, who)
    page = browse("viewer").look(f"/customers/{person}").text
    for text in (
        "张珊",
        "徐家汇店",
        "归属导购",
        "活码 ch_7",
        "扫二维码",
        "金卡",
        "李四",
        "客户删除",
        "添加方式 999",
        "福利群",
        "活码 jw_1",
        "添加导购 张珊",
        "与导购 李四 不再是联系人",
        "可以收企业微信的营销消息",
    ):
        assert text in page, text
