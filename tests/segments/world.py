"""Random people and random rules that meet: the same few names, values and moments, so that boundaries are hit often."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from tests.conftest import NOW

from siyu.base.ground import Ground
from siyu.pool import Brand, Fact, Identifier, Kind, ensure_source, fold, record, relations, set_brand

BRAND = Brand(currency="CNY", time_zone="Asia/Shanghai")
DAYS = (0, 1, 2, 7, 30, 60, 90)
NUDGES = (timedelta(0), timedelta(microseconds=1), timedelta(microseconds=-1), timedelta(hours=9), timedelta(hours=13))
TYPES = ("order.paid", "order.refunded", "page.viewed", "cart.added")
TRAITS = ("city", "score", "born_on", "likes")
TEXTS = ("上海", "Shanghai", "a%_b", "[x", "true", "5", "5.50", "RED tea", "red")
TRAIT_VALUES: tuple[Any, ...] = (
    *TEXTS, 5, 5.5, -3, 0, 12345678901234, 1e-7, 5.50, True, False, None, ["上海", "red"], ["5", 5], {"a": 1}, [], "2026-11-20",
    "2026-10-21", "2026-11-19T23:30:00Z", "1990-02-29", "11-20", "11-26", "02-28", "2026-13-45", "-0", "007", "١",
)  # fmt: skip
TAGS = ("vip", "茶", "cold")
SKUS = ("A1", "B2")
MONEY = (0, 1, 990, 5990, 6000, 12345)
CURRENCIES = ("CNY", "GBP")
SCORES = ("clv", "churn", "grade")
SCORE_VALUES: tuple[Any, ...] = (None, 0, 1, 5, 5.5, -3, 0.01, 60, "A", "a+", "5")
CHANNELS = ("email", "sms", "webhook")
GUIDES = ("zs", "ls")
STATES = ("", "ch_1", "ch_2")
CORPS = ("ww1", "ww2")
SOURCES = ("shop", "site")


def populate(ground: Ground, seed: int, people: int = 40) -> list[int]:
    """Record and fold some hundreds of facts about some people; gives today's persons."""
    dice = random.Random(seed)
    with ground.db.tx() as conn:
        set_brand(conn, BRAND, at=NOW)
        sources = {name: ensure_source(conn, name, "http", now=NOW) for name in SOURCES}
        for name, number in sources.items():
            facts = [_fact(dice, f"{name}{n}", people) for n in range(people * 8)]
            record(ground, conn, number, facts)
        scored = random.Random(seed)  # of its own, so that the rest of the world stays what it was
        record(ground, conn, sources["site"], [_score(scored, f"score{n}", people) for n in range(people * 3)])
        known = random.Random(seed)
        record(ground, conn, sources["site"], [_contact(known, f"contact{n}", people) for n in range(people * 2)])
    return _folded(ground)


def tell(ground: Ground, facts: list[Fact]) -> list[int]:
    """Record and fold just these facts; gives today's persons."""
    with ground.db.tx() as conn:
        set_brand(conn, BRAND, at=NOW)
        record(ground, conn, ensure_source(conn, "shop", "http", now=NOW), facts)
    return _folded(ground)


def _folded(ground: Ground) -> list[int]:
    while fold(ground):
        pass
    while relations.follow(ground):
        pass
    with ground.db.tx() as conn:
        return [row[0] for row in conn.execute("select person_id from profiles order by 1")]


def _moment(dice: random.Random) -> Any:
    return min(NOW + timedelta(hours=20), NOW - timedelta(days=dice.choice(DAYS)) + dice.choice(NUDGES))


def _names(dice: random.Random, people: int) -> tuple[Identifier, ...]:
    """Mostly one name; sometimes two names of one person, so that identifiers merge."""
    n = dice.randrange(people)
    mine = [
        Identifier(Kind.BUYER_ID, f"b{n}", "shop"),
        Identifier(Kind.PHONE, f"+86138{n:08}"),
        Identifier(Kind.EMAIL, f"p{n}@example.com"),
        Identifier(Kind.ANONYMOUS_ID, f"a{n}", "site"),
    ]
    return tuple(dice.sample(mine, dice.choice((1, 1, 1, 2)))) if n % 3 else (dice.choice(mine),)


def _fact(dice: random.Random, key: str, people: int) -> Fact:
    who, at = _names(dice, people), _moment(dice)
    match dice.randrange(13):
        case 0 | 1 | 12:
            return Fact("profile.stated", key, at, who, data={dice.choice(TRAITS): dice.choice(TRAIT_VALUES)})
        case 2:
            return Fact(dice.choice(("tag.added", "tag.removed")), key, at, who, data={"tag": dice.choice(TAGS)})
        case 3:
            data = {"channel": dice.choice((*CHANNELS, "*")), "purpose": dice.choice(("marketing", "*"))}
            return Fact(dice.choice(("consent.given", "consent.withdrawn")), key, at, who, data=data)
        case 4:
            address = Identifier(Kind.EMAIL, f"p{dice.randrange(people)}@example.com")
            return Fact("message.bounced", key, at, (address,), object="1", data={"channel": "email", "hard": dice.random() < 0.5})
        case n:
            type_ = "order.paid" if n < 8 else dice.choice(TYPES)
            amount = dice.choice(MONEY) if dice.random() < 0.8 else None
            if type_ == "order.refunded" and amount:
                amount = -amount
            data: dict[str, Any] = {"sku": dice.choice(SKUS), "quantity": dice.choice((1, 2, "3", "x", None, 2.5))}
            if dice.random() < 0.3:
                data = {dice.choice(TRAITS): dice.choice(TRAIT_VALUES)}
            return Fact(
                type_, key, at, who,
                object=dice.choice((None, "o1", "o2", "o3", f"o{dice.randrange(people)}")),
                amount_minor=amount, currency=dice.choice(CURRENCIES) if amount is not None else None, data=data,
            )  # fmt: skip


def _contact(dice: random.Random, key: str, people: int) -> Fact:
    corp = dice.choice(CORPS)
    who = (Identifier(Kind.EXTERNAL_USERID, f"wm{dice.randrange(people)}", corp), *_names(dice, people)[: dice.choice((0, 0, 1))])
    type_ = dice.choice(("contact.added", "contact.added", "contact.removed", "group.joined", "group.joined", "group.left"))
    data = {"corp": corp, "add_way": dice.choice((1, 16)), "join_scene": dice.choice((1, 3)), "state": dice.choice(STATES)}
    place = dice.choice(GUIDES) if type_.startswith("contact") else dice.choice(("wr1", "wr2"))
    return Fact(type_, key, _moment(dice), who, object=place, data=data)


def _score(dice: random.Random, key: str, people: int) -> Fact:
    given = dice.choice(SCORE_VALUES)
    money: dict[str, Any] = {"amount_minor": dice.choice(MONEY), "currency": dice.choice(CURRENCIES)} if given is None else {}
    data = {"value": given, "run": 1}
    return Fact(f"score.{dice.choice(SCORES)}", key, _moment(dice), _names(dice, people)[:1], data=data, **money)


# --- rules as JSON

days = st.sampled_from(DAYS[1:]).map(lambda n: f"{n} days")
points = st.sampled_from(DAYS).flatmap(
    lambda n: st.sampled_from(
        [
            (NOW - timedelta(days=n)).isoformat(),
            (NOW - timedelta(days=n)).date().isoformat(),
            (NOW - timedelta(days=n, hours=-9)).isoformat(),
        ]
    )
)
numbers = st.sampled_from([0, 1, 2, 3, 5, 5.5, -3, 0.01, 59.9, 60, 123.45, 9.905, 1e-7, 30, 60])


@st.composite
def windows(draw: Any) -> dict[str, str]:
    """Any kind of window that is not empty."""
    match draw(st.integers(0, 6)):
        case 0 | 1:
            return {"last": draw(days)}
        case 2:
            return {"next": draw(days)}
        case 3:
            later, earlier = sorted(draw(st.lists(st.sampled_from(DAYS[1:]), min_size=2, max_size=2, unique=True)))
            return {"from_ago": f"{earlier} days", "to_ago": f"{later} days"}
        case 4:
            return {draw(st.sampled_from(["from_ago", "to_ago"])): draw(days)}
        case 5:
            return {draw(st.sampled_from(["from", "to"])): draw(points)}
        case _:
            return {"from": "2026-09-21", "to": draw(st.sampled_from(["2026-11-20", "2026-11-13T04:00:00+00:00"]))}


@st.composite
def number_tests(draw: Any, bare: bool = False) -> dict[str, Any]:
    """A comparison of numbers."""
    op = draw(st.sampled_from(["eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "between"] + (["exists", "missing"] if bare else [])))
    if op in ("exists", "missing"):
        return {"op": op}
    if op in ("in", "not_in"):
        return {"op": op, "value": draw(st.lists(numbers, min_size=1, max_size=3))}
    if op == "between":
        return {"op": op, "value": sorted(draw(st.lists(numbers, min_size=2, max_size=2)))}
    return {"op": op, "value": draw(numbers)}


@st.composite
def text_tests(draw: Any, values: tuple[str, ...] = TEXTS, has_case: bool = True) -> dict[str, Any]:
    """A comparison of texts."""
    op = draw(st.sampled_from(["eq", "ne", "in", "not_in", "exists", "missing"] + (["contains", "starts"] if has_case else [])))
    if op in ("exists", "missing"):
        return {"op": op}
    if op in ("in", "not_in"):
        return {"op": op, "value": draw(st.lists(st.sampled_from(values), min_size=1, max_size=3))}
    value = draw(st.sampled_from(values))
    return {"op": op, "value": draw(st.sampled_from([value, value[:2].upper(), value[-1:]])) if op in ("contains", "starts") else value}


@st.composite
def any_tests(draw: Any, dates: bool = True) -> dict[str, Any]:
    """A comparison of whatever a trait may hold."""
    match draw(st.integers(0, 6 if dates else 4)):
        case 0:
            return draw(number_tests(bare=True))
        case 1:
            return draw(text_tests())
        case 2:
            return {"op": draw(st.sampled_from(["eq", "ne"])), "value": draw(st.booleans())}
        case 3:
            return {"op": "has", "value": draw(st.sampled_from(TEXTS))}
        case 4:
            return {"op": draw(st.sampled_from(["in", "not_in"])), "value": [5, "5", "上海", "[x", True]}
        case 5:
            return {"op": "during", "value": draw(windows())}
        case _:
            return {"op": "anniversary", "value": draw(st.sampled_from([1, 6, 7, 100, 366]))}


moment_tests = st.one_of(
    st.fixed_dictionaries({"op": st.just("during"), "value": windows()}),
    st.fixed_dictionaries({"op": st.sampled_from(["exists", "missing"])}),
)


@st.composite
def filters(draw: Any) -> list[dict[str, Any]]:
    """No, one or two filters of facts."""
    one = st.one_of(
        number_tests(bare=True).map(lambda test: {"field": "amount", **test}),
        text_tests(("o1", "o2"), has_case=True).map(lambda test: {"field": "object", **test}),
        text_tests(CURRENCIES).map(lambda test: {"field": "currency", **test}),
        st.sampled_from(["eq", "ne"]).flatmap(lambda op: st.sampled_from(SOURCES).map(lambda v: {"field": "source", "op": op, "value": v})),
        st.sampled_from(["data.sku", "data.quantity", "data.city", "data.likes"]).flatmap(
            lambda name: st.one_of(any_tests(dates=False), text_tests(SKUS)).map(lambda test: {"field": name, **test})
        ),
    )
    return draw(st.lists(one, max_size=2))


def _some(extra: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in extra.items() if value}


@st.composite
def leaves(draw: Any, segments: tuple[int, ...] = (), only: tuple[str, ...] = ()) -> dict[str, Any]:
    """One condition of any kind, or of some kinds."""
    kinds = [
        "trait",
        "trait",
        "score",
        "profile",
        "tag",
        "consent",
        "reachable",
        "identifier",
        "contact",
        "orders",
        "orders",
        "event",
        "event",
        "bought",
        "sequence",
    ]
    kind = draw(st.sampled_from(list(only) or kinds + (["segment"] if segments else [])))
    window = draw(st.one_of(st.none(), windows()))
    match kind:
        case "trait":
            return {"if": kind, "name": draw(st.sampled_from((*TRAITS, "nothing"))), **draw(any_tests())}
        case "score":
            test = draw(st.one_of(number_tests(bare=True), text_tests(("A", "a+", "5"))))
            fresh = draw(st.sampled_from(["", "1 day", "7 days", "60 days"]))
            return {"if": kind, "name": draw(st.sampled_from((*SCORES, "nothing"))), **test, **_some({"fresh": fresh})}
        case "profile":
            field = draw(st.sampled_from(["stage", "is_known", "facts_n", "stage_at", "first_seen_at", "last_seen_at"]))
            if field == "stage":
                return {
                    "if": kind,
                    "field": field,
                    "op": draw(st.sampled_from(["eq", "ne"])),
                    "value": draw(st.sampled_from(["first", "repeat", "lead"])),
                }
            if field == "is_known":
                return {"if": kind, "field": field, "op": "eq", "value": draw(st.booleans())}
            return {"if": kind, "field": field, **draw(number_tests() if field == "facts_n" else moment_tests)}
        case "tag":
            return {
                "if": kind,
                "tags": draw(st.lists(st.sampled_from(TAGS), min_size=1, max_size=2)),
                "how": draw(st.sampled_from(["any", "all", "none"])),
            }
        case "consent":
            return {"if": kind, "channel": draw(st.sampled_from(CHANNELS)), "is": draw(st.sampled_from(["given", "withdrawn", "none"]))}
        case "reachable":
            return {"if": kind, "channel": draw(st.sampled_from(CHANNELS))}
        case "identifier":
            return {
                "if": kind,
                "has": draw(st.sampled_from(["phone", "email", "buyer_id"])),
                **_some({"scope": draw(st.sampled_from(["", "shop", "x"]))}),
            }
        case "contact":
            return {
                "if": kind, "with": draw(st.sampled_from(["guide", "chat"])),
                **_some({"ids": draw(st.sampled_from([[], [], ["zs"], ["zs", "wr1"], ["wr2"]]))}),
                **_some({"ways": draw(st.sampled_from([[], [1], [1, 16], [3]]))}),
                **_some({"states": draw(st.sampled_from([[], ["ch_1"], ["ch_1", "ch_2"]]))}),
                **_some({"corp": draw(st.sampled_from(["", "", "ww1"])), "window": window}),
            }  # fmt: skip
        case "orders":
            measure = draw(st.sampled_from(["count", "spent", "refunded", "net", "average", "first_at", "last_at", "days_since_last"]))
            test = number_tests(bare=measure == "average")
            if measure.endswith("_at"):
                test = moment_tests
            if measure == "days_since_last":
                test = st.one_of(
                    st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"]).flatmap(
                        lambda op: st.sampled_from([*DAYS, -1]).map(lambda n: {"op": op, "value": n})
                    ),
                    st.just({"op": "in", "value": [0, 30]}),
                    st.just({"op": "not_in", "value": [1, 60]}),
                    st.just({"op": "between", "value": [1, 30]}),
                )
            is_money = measure in ("spent", "refunded", "net", "average")
            return {
                "if": kind, "measure": measure, **draw(test), **_some({"window": window}),
                **_some({"sources": draw(st.sampled_from([[], ["shop"], ["shop", "none"]]))}),
                **_some({"currency": draw(st.sampled_from(["", "GBP", "USD", "CNY"])) if is_money else ""}),
            }  # fmt: skip
        case "event":
            measure = draw(st.sampled_from(["count", "count", "sum", "avg", "min", "max", "days", "objects", "first_at", "last_at"]))
            of = draw(st.sampled_from(["amount", "data.quantity", "data.score"])) if measure in ("sum", "avg", "min", "max") else ""
            test = moment_tests if measure.endswith("_at") else number_tests(bare=measure in ("avg", "min", "max"))
            return {
                "if": kind, "type": draw(st.sampled_from((*TYPES, "never.happened"))), "measure": measure, **draw(test),
                **_some({"window": window, "where": draw(filters()), "of": of}),
                **_some({"currency": draw(st.sampled_from(["", "GBP"])) if of == "amount" else ""}),
            }  # fmt: skip
        case "bought":
            measure = draw(st.sampled_from(["objects", "quantity", "spent", "last_at"]))
            item = draw(st.sampled_from(["A1", ["A1", "B2"], {"op": "starts", "value": "b"}, {"op": "ne", "value": "A1"}]))
            test = moment_tests if measure.endswith("_at") else number_tests()
            return {"if": kind, "by": "sku", "item": item, "measure": measure, **draw(test), **_some({"window": window})}
        case "sequence":
            steps = [
                {"type": draw(st.sampled_from(TYPES)), **_some({"where": draw(filters()) if draw(st.booleans()) else []})} for _ in range(2)
            ]
            return {
                "if": kind, "first": steps[0], "then": steps[1], "is": draw(st.sampled_from(["done", "not_done"])),
                **_some({"within": draw(st.one_of(st.none(), days)), "window": window}),
            }  # fmt: skip
        case _:
            return {"if": "segment", "id": draw(st.sampled_from(segments)), "is": draw(st.sampled_from(["in", "not_in"]))}


def nodes(segments: tuple[int, ...] = ()) -> st.SearchStrategy[dict[str, Any]]:
    """A tree of conditions."""
    return st.recursive(
        leaves(segments),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda of: {"all": of}),
            st.lists(inner, max_size=3).map(lambda of: {"any": of}),
            inner.map(lambda one: {"not": one}),
        ),
        max_leaves=6,
    )


def rules(segments: tuple[int, ...] = ()) -> st.SearchStrategy[dict[str, Any]]:
    """A whole rule."""
    return nodes(segments).map(lambda node: {"siyu_rule": 1, "where": node})
