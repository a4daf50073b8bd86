"""A corp with guides, tags and chats, a few codes and those who came by them: for the tests and the pictures of the pages."""

from __future__ import annotations

from datetime import timedelta

from siyu import content, gate, growth, pool
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.growth import CodeGuide, CodeKind, Draft, For, LiveCode, Rotation, Shift, Welcome
from siyu.pool import Fact, Identifier, Kind
from siyu.pool.relations import ChatGroup, CorpTag, Guide
from siyu.vendors import keep_account

CORP = "wwShop"
NAMES = ("林小满", "陈阿青", "王知夏", "周一川", "店长老许")
PIC = "https://wework.qpic.cn/wwpic/"


def seed(ground: Ground, customers: int = 40) -> list[LiveCode]:
    """Two live codes, a link and a group code; `customers` came by the first in a fortnight."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        account = keep_account(ground, conn, kind="wecom", name="林间茶铺", app_id=CORP, agent_id="1000002", secret="s" * 20)
        pool.relations.keep_guides(conn, [Guide(CORP, f"g{n}", name, "西湖店") for n, name in enumerate(NAMES)], now)
        pool.relations.keep_tags(conn, [CorpTag(CORP, "et1", "春茶展", "eg", "来源"), CorpTag(CORP, "et2", "老客", "eg", "来源")], now)
        pool.relations.keep_groups(conn, [ChatGroup(CORP, f"wr{n}", f"茶友群 {n}", "g0", now) for n in (1, 2)], now)
        hello = content.keep(ground, conn, "新客欢迎语", "welcome", "", "您好，欢迎来到{{ brand }}。", purpose="service")
        again = content.keep(ground, conn, "老客欢迎语", "welcome", "", "欢迎回来。", purpose="service")
        day = (Shift((1, 2, 3, 4, 5), "09:00", "18:00"),)
        team = (
            CodeGuide("g0", 2, 30, day), CodeGuide("g1", 1, 2), CodeGuide("g2", 1, None, (Shift((6, 7), "10:00", "22:00"),)),
            CodeGuide("g4", is_stand_in=True),
        )  # fmt: skip
        greetings = (Welcome(again.content_id, For.RETURNING), Welcome(hello.content_id))
        number = account.account_id
        drafts = [
            Draft("春茶展易拉宝", number, guides=team, rotation=Rotation.WEIGHTED, source_tags=("西湖店", "线下"), corp_tags=("et1",),
                  remark_pattern="{name}-{code}", cost_minor=350, welcomes=greetings),
            Draft("夜班台卡", number, guides=(CodeGuide("g3", shifts=(Shift((1,), "01:00", "02:00"),)),)),
            Draft("抖音投放", number, CodeKind.LINK, guides=(CodeGuide("g0"), CodeGuide("g1"))),
            Draft("包裹卡进群", number, CodeKind.GROUP, chats=("wr1", "wr2")),
        ]  # fmt: skip
        codes = [growth.make(ground, conn, draft, by="owner") for draft in drafts]
        _as_told(conn, codes)
        source = pool.ensure_source(conn, f"wecom:{CORP}", "wecom", now=now)
        facts = []
        for n in range(customers):
            at, who = now - timedelta(hours=8 * n, seconds=3), Identifier(Kind.EXTERNAL_USERID, f"wm{n}", CORP)
            data = {"guide": f"g{n % 2}", "corp": CORP, "state": codes[0].state, "welcome_code": f"WC{n}" if n < 2 else ""}
            facts.append(Fact("contact.added", f"a{n}", at, (who,), object=f"g{n % 2}", data=data, personal={"name": f"客{n}"}))
            if n % 7 == 3:
                facts.append(
                    Fact(
                        "contact.removed",
                        f"r{n}",
                        at + timedelta(days=1),
                        (who,),
                        object=f"g{n % 2}",
                        data={"by": "customer", "corp": CORP},
                    )
                )
            if n % 5 == 1:
                facts.append(
                    Fact("order.paid", f"o{n}", at + timedelta(hours=2), (who,), object=f"N{n}", amount_minor=12800, currency="CNY")
                )
        for n in range(min(customers, 9)):
            at, who = now - timedelta(hours=5 * n + 1), Identifier(Kind.EXTERNAL_USERID, f"wm{n}" if n % 3 == 0 else f"wmJ{n}", CORP)
            data = {"corp": CORP, "state": codes[3].state, "how": "code"}
            facts.append(Fact("group.joined", f"j{n}", at, (who,), object=f"wr{1 + n % 2}", data=data))
            if n % 4 == 1:
                facts.append(Fact("group.left", f"l{n}", at + timedelta(minutes=30), (who,), object=f"wr{1 + n % 2}", data={"corp": CORP}))
        pool.record(ground, conn, source, facts)
    for step in (pool.relations.follow, pool.fold, growth.advance, gate.judge):
        while step(ground):
            pass
    with ground.db.tx() as conn:
        for code in codes[:1]:
            for _ in range(customers * 2):
                growth.visit(ground, conn, code.code_id)
        return growth.codes(conn)


def _as_told(conn: Connection, codes: list[LiveCode]) -> None:
    for code in codes:
        conn.execute(
            "update live_codes set config_id = 'c' || code_id, qr_code = case when kind = 'link' then '' else %s || code_id end,"
            " url = case when kind = 'link' then 'https://work.weixin.qq.com/ca/x' || code_id else '' end,"
            " told_at = made_at where code_id = %s",
            [PIC, code.code_id],
        )
    conn.execute("insert into live_link_lots values (%s, '2026-11-24', 12, %s), (%s, '2027-02-01', 60, %s)",
                 [codes[0].draft.account_id, codes[0].made_at, codes[0].draft.account_id, codes[0].made_at])  # fmt: skip


def switch(ground: Ground, account_id: int) -> int:
    """The account becomes another corp's, with two of the guides, one of the tags, one of the chats by name. The account's number."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        real = keep_account(
            ground, conn, kind="wecom", account_id=account_id, name="山茶集", app_id="wwReal", agent_id="9", secret="s" * 20
        )
        pool.relations.keep_guides(conn, [Guide("wwReal", f"g{n}", NAMES[n], "滨江店") for n in (0, 1)], now)
        pool.relations.keep_tags(conn, [CorpTag("wwReal", "rt2", "老客", "rg", "来源")], now)
        pool.relations.keep_groups(conn, [ChatGroup("wwReal", "wrReal", "茶友群 2", "g0", now)], now)
    return real.account_id
