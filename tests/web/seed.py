"""A believable small shop, recorded by the pool's own door: a few hundred people, their orders, views, tags, consents and receipts."""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta

from siyu import pool
from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind

FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟"
GIVEN = re.split(
    r"\|", "静怡|欣妍|宇轩|志强|美玲|佳怡|雅琴|子涵|建国|雨桐|思远|晓燕|伟|芳|娜|敏|丽|军|洋|勇|艳|杰|涛|明|超|秀英|霞|平|刚|桂英|浩然"
)
GOODS = [
    ("SK-0107", "修护精华 30ml", 329_00), ("SK-0112", "洁面乳 120g", 128_00), ("SK-0203", "修护面霜 50ml", 468_00),
    ("SK-0301", "防晒乳 SPF50", 189_00), ("GF-0001", "精华礼盒", 899_00), ("SK-0415", "面膜 5 片装", 99_00),
    ("HM-0021", "香薰蜡烛", 159_00),
]  # fmt: skip
TAGS = re.split(r"\|", "抗老|社群活跃|新品偏好|礼盒党|母婴|敏感肌|价格敏感|生日月|高潜")
CITIES = re.split(r"\|", "上海|杭州|成都|南京|苏州|北京|深圳")


def seed(ground: Ground, people: int = 360) -> None:
    """Record and fold everything. The dice are fixed, so that the same shop comes out every time."""
    dice = random.Random(7)
    now = ground.clock.now()
    with ground.db.tx() as conn:
        if pool.sources(conn):
            return
        pool.set_brand(conn, pool.Brand("山茶集", "CNY", "Asia/Shanghai", "zh", "CN"), at=now)
        shop = pool.ensure_source(conn, "天猫旗舰店", "file", now=now, owner="电商部", purpose="订单")
        site = pool.ensure_source(conn, "小程序", "http", now=now, owner="数字化", purpose="行为")
        mail = pool.ensure_source(conn, "邮件通道", "channel", now=now)
        orders, visits, receipts = [], [], []
        for n in range(people):
            ids, who = _person(n, dice)
            orders += _orders(n, ids, who, dice, now)
            visits += _visits(n, ids, dice, now)
            receipts += _receipts(n, ids, dice, now)
        pool.record(ground, conn, shop, orders)
        pool.record(ground, conn, site, visits)
        pool.record(ground, conn, mail, receipts)
        pool.record(ground, conn, shop, _anonymous(dice, now) + _mistaken(now))
    while pool.fold(ground):
        pass


def _person(n: int, dice: random.Random) -> tuple[tuple[Identifier, ...], dict[str, str]]:
    ids = [Identifier(Kind.BUYER_ID, f"tb{100_000 + n}", "tmall")]
    who = {"name": dice.choice(FAMILY) + dice.choice(GIVEN)}
    if dice.random() < 0.85:
        ids.append(Identifier(Kind.PHONE, f"+861{dice.choice('3578')}{dice.randrange(10**9):09d}"))
    if dice.random() < 0.6:
        ids.append(Identifier(Kind.EMAIL, f"u{n}.{dice.randrange(1000)}@example.com"))
    return tuple(ids), who


def _orders(n: int, ids: tuple[Identifier, ...], who: dict[str, str], dice: random.Random, now: datetime) -> list[Fact]:
    facts = [
        Fact(
            "profile.stated", f"p{n}", now - timedelta(days=dice.randrange(30, 700)), ids, data={"city": dice.choice(CITIES)}, personal=who
        )
    ]
    at = now - timedelta(days=dice.randrange(1, 720), minutes=dice.randrange(1440))
    for k in range(min(40, int(dice.expovariate(1 / 4)) if dice.random() < 0.9 else 0)):
        if at > now:
            break
        number = f"88{n:04d}{k:02d}"
        for line in range(dice.randrange(1, 4)):
            sku, product, price = dice.choice(GOODS)
            count = dice.choice((1, 1, 1, 2, 3))
            facts.append(
                Fact(
                    "order.paid",
                    f"{number}-{line}",
                    at,
                    ids,
                    object=number,
                    amount_minor=price * count,
                    currency="CNY",
                    data={"sku": sku, "product": product, "quantity": count, "unit_price": price / 100},
                )
            )
        if dice.random() < 0.06:
            facts.append(
                Fact("order.refunded", f"{number}-r", at + timedelta(days=3), ids, object=number, amount_minor=-9900, currency="CNY")
            )
        at += timedelta(days=dice.randrange(3, 120), minutes=dice.randrange(1440))
    return [f for f in facts if f.occurred_at <= now]


def _visits(n: int, ids: tuple[Identifier, ...], dice: random.Random, now: datetime) -> list[Fact]:
    browser = (Identifier(Kind.ANONYMOUS_ID, f"anon-{n}", "mini"),)
    facts = []
    for k in range(dice.randrange(0, 6)):
        at = now - timedelta(days=dice.randrange(0, 90), minutes=dice.randrange(1440))
        name = dice.choice(GOODS)[1]
        facts.append(Fact("product.viewed", f"v{n}-{k}", at, browser + (ids if k % 2 else ()), object=name, data={"product": name}))
    for tag in dice.sample(TAGS, dice.choice((0, 0, 1, 1, 2, 4))):
        facts.append(Fact("tag.added", f"t{n}-{tag}", now - timedelta(days=dice.randrange(1, 200)), ids, data={"tag": tag}))
    if n % 9 == 0:
        facts.append(Fact("cart.added", f"c{n}", now - timedelta(hours=dice.randrange(1, 60)), ids, object=GOODS[n % 7][1]))
    return facts


def _receipts(n: int, ids: tuple[Identifier, ...], dice: random.Random, now: datetime) -> list[Fact]:
    at = now - timedelta(days=dice.randrange(5, 300))
    facts = []
    if dice.random() < 0.7:
        given = dice.random() < 0.88
        facts.append(
            Fact(
                "consent.given" if given else "consent.withdrawn",
                f"k{n}",
                at,
                ids,
                data={"channel": "email", "purpose": "marketing", "evidence": {"text": "会员注册页勾选"}},
            )
        )
    if dice.random() < 0.4:
        sent = now - timedelta(days=dice.randrange(1, 40))
        for step, name in enumerate(("sent", "delivered", "opened", "clicked")[: dice.randrange(1, 5)]):
            facts.append(
                Fact(f"message.{name}", f"m{n}-{name}", sent + timedelta(minutes=7 * step), ids, object=str(n), data={"channel": "email"})
            )
    return facts


def _anonymous(dice: random.Random, now: datetime) -> list[Fact]:
    return [
        Fact(
            "order.paid",
            f"a{n}",
            now - timedelta(days=dice.randrange(700)),
            object=f"99{n:04d}",
            amount_minor=dice.randrange(50_00, 900_00),
        )
        for n in range(200)
    ]


def _mistaken(now: datetime) -> list[Fact]:
    """A record that ties two buyers together by one phone: the guard must refuse it and show it."""
    one = (Identifier(Kind.BUYER_ID, "tb100003", "tmall"), Identifier(Kind.PHONE, "+8613900001111"))
    two = (Identifier(Kind.BUYER_ID, "tb100004", "tmall"), Identifier(Kind.PHONE, "+8613900001111"))
    return [
        Fact("profile.stated", "mistake-1", now - timedelta(days=9), one, data={"level": "金卡"}),
        Fact("profile.stated", "mistake-2", now - timedelta(days=8), two, data={"level": "银卡"}),
    ]
