"""A small corp as the pool mirrors it: three guides of two stores, thirty customers, three chats, tags; recorded by the ordinary doors."""

from __future__ import annotations

from datetime import timedelta

from siyu import pool
from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind, relations
from siyu.pool.relations import ChatGroup, CorpTag, Guide

CORP, OTHER = "wwcorp", "wwother"
TAGS = (("t-gold", "金卡", "等级"), ("t-silver", "银卡", "等级"), ("t-old", "双十一", "活动"), ("t-none", "没人用", "活动"))


def customer(n: int) -> tuple[Identifier, ...]:
    """One customer; 0 and 1 are the same person in two corps: their unionid says so."""
    ids = (Identifier(Kind.EXTERNAL_USERID, f"wm{n:04d}", OTHER if n == 1 else CORP),)
    return (*ids, Identifier(Kind.UNIONID, "u-0", "")) if n < 2 else ids


def settle(ground: Ground) -> None:
    """Record everything and fold it."""
    now = ground.clock.now()
    facts: list[Fact] = []
    for n in range(30):
        guide = ("zs", "ls", "gone")[n % 3]
        at = now - timedelta(days=n * 2)
        who = customer(n)
        corp = OTHER if n == 1 else CORP
        added_at = now - timedelta(days=200) if n == 28 else at
        facts.append(
            Fact("contact.added", f"a{n}", added_at, who, object=guide, data={"guide": guide, "add_way": 1, "state": "", "corp": corp})
        )
        tags = ["t-gold"] if n % 2 else ["t-old"]
        tagged = at if n % 2 else now - timedelta(days=200)
        facts.append(Fact("contact.changed", f"c{n}", tagged, who, object=guide, data={"guide": guide, "tags": tags, "corp": corp}))
        if n in (6, 9):
            data = {"guide": guide, "by": "customer", "corp": corp}
            facts.append(Fact("contact.removed", f"r{n}", now - timedelta(days=3), who, object=guide, data=data))
        chat = "chat-1" if n < 20 else "chat-2"
        facts.append(Fact("group.joined", f"j{n}", at, who, object=chat, data={"owner": "zs", "join_scene": 3, "corp": corp}))
        if n in (3, 4):
            facts.append(Fact("group.joined", f"k{n}", at, who, object="chat-2", data={"owner": "ls", "join_scene": 3, "corp": corp}))
        if n == 19:
            facts.append(Fact("group.left", f"l{n}", now - timedelta(days=1), who, object=chat, data={"corp": corp}))
    with ground.db.tx() as conn:
        source = pool.ensure_source(conn, f"wecom:{CORP}", "wecom", now=now)
        pool.record(ground, conn, source, facts)
        relations.keep_guides(
            conn,
            [
                Guide(CORP, "zs", "张三", "静安店", "店长"), Guide(CORP, "ls", "李四", "徐汇店"),
                Guide(CORP, "gone", "王五", "徐汇店", left_at=now - timedelta(days=5)),
            ],
            now,
        )  # fmt: skip
        chats = [ChatGroup(CORP, f"chat-{k}", f"会员群 {k}", "zs", now - timedelta(days=90)) for k in (1, 2)]
        relations.keep_groups(
            conn,
            [
                *chats,
                ChatGroup(OTHER, "chat-1", "别家的群"),
                ChatGroup(CORP, "chat-3", "旧群", "ls", now - timedelta(days=300), now - timedelta(days=9)),
            ],
            now,
        )
        relations.keep_tags(conn, [CorpTag(CORP, t, name, f"g-{group}", group) for t, name, group in TAGS], now)
        relations.govern_tag(conn, CORP, "t-old", owner="周敏", meaning="双十一买过", lasts_for=timedelta(days=90))
    while pool.fold(ground) or relations.follow(ground):
        pass
