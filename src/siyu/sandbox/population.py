"""Simulated customers: who they are and how they behave, by stated odds and a seed.

Nothing here knows Siyu. A customer shops now and then whether or not anybody writes (the base rate); a letter that is opened makes an
extra purchase more likely (the lift). Because we know the odds, we know what a campaign *truly* causes, and can hold a report against it.

The odds (docs/sandbox.md says the same in words):

    base rate       a Poisson process per customer: past orders over past active days, faded by how long ago the last one was
    opens           40 % of letters, after about 5 hours (log-normal, sigma 1)
    clicks          45 % of opened letters, some minutes later
    unsubscribes    1.5 % of opened letters
    extra purchase  55 % of those who clicked, 4 % of those who only opened, within about 3 days (exponential)
    basket          log-normal around the customer's own past basket, sigma 0.5

Every draw comes from a generator seeded by (seed, customer, purpose), so one customer's luck never depends on another's.
"""

from __future__ import annotations

import csv
import io
import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

OPENS = 0.40
CLICKS_IF_OPENED = 0.45
UNSUBSCRIBES_IF_OPENED = 0.015
BUYS_IF_CLICKED = 0.55
BUYS_IF_ONLY_OPENED = 0.04
OPEN_AFTER = timedelta(hours=5)
BUY_AFTER = timedelta(days=3)

SUBSCRIBED_SHARE = 0.82
DEAD_ADDRESS_SHARE = 0.02

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华文玉萍红鑫宇欣怡浩然思雨佳琪子轩梓涵"
_DOMAINS = ("mail.example", "post.example", "inbox.example", "letters.example")


@dataclass(frozen=True)
class Customer:
    """One simulated person. `daily_rate` is base purchases per day; `basket_minor` the middle of their past baskets."""

    buyer_id: str
    name: str
    email: str
    is_subscribed: bool
    address_exists: bool
    daily_rate: float
    basket_minor: int
    currency: str


@dataclass(frozen=True)
class Product:
    """Something the shop sells."""

    sku: str
    name: str
    price_minor: int


class Does(StrEnum):
    """What a customer does."""

    OPEN = "open"
    CLICK = "click"
    UNSUBSCRIBE = "unsubscribe"
    BUY = "buy"


@dataclass(frozen=True, order=True)
class Act:
    """Something that a customer will do at a simulated moment. `mail_id` is the letter it answers (0 = none)."""

    at: datetime
    number: int
    buyer_id: str
    does: Does
    mail_id: int = 0


def luck(seed: int, *about: object) -> random.Random:
    """A generator for one purpose; the same seed and purpose always give the same luck."""
    return random.Random(":".join(map(str, (seed, *about))))  # noqa: S311  a simulation, not a secret


def customer_of(
    seed: int, buyer_id: str, orders_n: int, mean_minor: int, first_at: datetime, last_at: datetime, now: datetime, currency: str
) -> Customer:
    """Make the person behind a buyer number from what the buyer did so far."""
    dice = luck(seed, buyer_id, "person")
    name = dice.choice(_SURNAMES) + "".join(dice.choice(_GIVEN) for _ in range(dice.choice((1, 2, 2))))
    active_days = max(30.0, (now - first_at).total_seconds() / 86400)
    silent_days = max(0.0, (now - last_at).total_seconds() / 86400)
    rate = orders_n / active_days * math.exp(-silent_days / 60)
    return Customer(
        buyer_id=buyer_id,
        name=name,
        email=f"c{buyer_id}@{dice.choice(_DOMAINS)}",
        is_subscribed=dice.random() < SUBSCRIBED_SHARE,
        address_exists=dice.random() >= DEAD_ADDRESS_SHARE,
        daily_rate=min(rate, 0.5),
        basket_minor=max(100, mean_minor),
        currency=currency,
    )


def contacts_file(customers: Iterable[Customer], asked_at: datetime) -> bytes:
    """The shop's contact list as such lists are: a spreadsheet's CSV in GB18030 with Chinese headers and words for yes and no."""
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(["客户编号", "姓名", "电子邮箱", "同意接收邮件", "登记日期"])
    day = f"{asked_at.year}/{asked_at.month}/{asked_at.day}"
    for one in customers:
        sheet.writerow([one.buyer_id, one.name, one.email, "是" if one.is_subscribed else "否", day])
    return out.getvalue().encode("gb18030")


def base_purchases(seed: int, customer: Customer, since: datetime, until: datetime) -> Iterator[datetime]:
    """When the customer shops of their own accord in [since, until)."""
    if customer.daily_rate <= 0:
        return
    dice = luck(seed, customer.buyer_id, "base", since.isoformat())
    at = since
    while True:
        at += timedelta(days=dice.expovariate(customer.daily_rate))
        if at >= until:
            return
        yield at


def reaction(seed: int, customer: Customer, mail_id: int, at: datetime) -> list[tuple[datetime, Does]]:
    """What a letter that arrived at `at` makes the customer do, and when."""
    dice = luck(seed, customer.buyer_id, "letter", mail_id)
    if dice.random() >= OPENS:
        return []
    opened = at + OPEN_AFTER * dice.lognormvariate(0, 1)
    acts = [(opened, Does.OPEN)]
    clicks = dice.random() < CLICKS_IF_OPENED
    if clicks:
        acts.append((opened + timedelta(minutes=1 + dice.expovariate(0.3)), Does.CLICK))
    elif dice.random() < UNSUBSCRIBES_IF_OPENED / (1 - CLICKS_IF_OPENED):
        acts.append((opened + timedelta(minutes=1), Does.UNSUBSCRIBE))
    if dice.random() < (BUYS_IF_CLICKED if clicks else BUYS_IF_ONLY_OPENED):
        acts.append((opened + timedelta(minutes=5) + BUY_AFTER * dice.expovariate(1.0), Does.BUY))
    return acts


def true_lift() -> float:
    """The share of people with a delivered letter whom it makes buy once more, in the long run."""
    return OPENS * (CLICKS_IF_OPENED * BUYS_IF_CLICKED + (1 - CLICKS_IF_OPENED) * BUYS_IF_ONLY_OPENED)


def basket(seed: int, customer: Customer, products: list[Product], at: datetime) -> list[tuple[Product, int]]:
    """What goes into the basket: a few products, as many of each as bring it near the customer's usual size."""
    dice = luck(seed, customer.buyer_id, "basket", at.isoformat())
    goal = customer.basket_minor * dice.lognormvariate(-0.125, 0.5)
    chosen = dice.sample(products, min(len(products), dice.randint(1, 4)))
    return [(one, max(1, round(goal / len(chosen) / one.price_minor))) for one in chosen]
