"""Lives of tags: what is past its life is what a plain slow reading of the facts says, in whatever order they come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from tests.conftest import NOW

from siyu import growth, pool
from siyu.base.cursor import START, keep_place
from siyu.base.ground import Ground
from siyu.growth.lives import due
from siyu.pool import Fact, Identifier, Kind, relations
from siyu.pool.relations import CorpTag, Guide

CORP, DAY = "ww1", timedelta(days=1)
WHO = [Identifier(Kind.EXTERNAL_USERID, name, CORP) for name in ("wmAnna", "wmBo")]
GUIDES, TAGS = ("mei", "gu"), ("tA", "tB")

_HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "end", "put", "put", "put", "take", "told", "moved", "moved"]),
        st.sampled_from([*WHO, WHO[0], WHO[0]]), st.sampled_from(GUIDES), st.sampled_from(TAGS),
    ),
    min_size=8, max_size=16,
)  # fmt: skip
_LIVES = st.lists(st.tuples(st.integers(0, 16), st.sampled_from(TAGS), st.sampled_from([None, 2, 5, 8])), min_size=2, max_size=5)


class World:
    """What happened, day after day, as facts; and what the facts say when one reads them all."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.carried: dict[tuple[str, str], set[str]] = {}

    def happens(self, day: int, what: str, who: Identifier, guide: str, tag: str) -> None:
        tags = self.carried.setdefault((who.value, guide), set())
        if what == "end":
            self._tell(day, "contact.removed", who, guide, by="guide")
        elif what == "moved":
            self._tell(day, "contact.moved", who, guide, **{"from": GUIDES[1 - GUIDES.index(guide)]})
        else:
            if what == "put":
                tags.add(tag)
                self._tell(day, "tag.added", who, guide, tag_id=tag, tag=tag)
            elif what == "take":
                tags.discard(tag)
                self._tell(day, "tag.removed", who, guide, tag_id=tag, tag=tag)
            elif what == "told":
                tags.add(tag)  # put on somewhere, and nobody tells when
            self._tell(day, "contact.added" if what == "add" else "contact.changed", who, guide, tags=sorted(tags))

    def _tell(self, day: int, type_: str, who: Identifier, guide: str, **data: Any) -> None:
        at = NOW - 20 * DAY + day * DAY
        known = {"guide": guide, "corp": CORP, **data}
        self.facts.append(Fact(type_, f"{type_}:{guide}:{who.value}:{day}", at, (who,), object=guide, data=known))

    def past(self, lives: dict[str, int | None], now: datetime) -> set[tuple[str, str, str]]:
        """(customer, guide, tag) of whatever is carried longer than its life, read plainly."""
        found = set()
        for who in WHO:
            for guide in GUIDES:
                mine = [f for f in self.facts if who in f.identifiers and f.object == guide]
                begun = [f.occurred_at for f in mine if f.type in ("contact.added", "contact.moved")]
                ended = [f.occurred_at for f in mine if f.type == "contact.removed"]
                ended += [
                    f.occurred_at for f in self.facts if who in f.identifiers and f.type == "contact.moved" and f.data["from"] == guide
                ]
                told = [f for f in mine if "tags" in f.data]
                if not begun or (ended and max(begun) <= max(ended)) or not told:
                    continue
                newest = max(told, key=lambda f: f.occurred_at)
                for tag in newest.data["tags"]:
                    puts = [f.occurred_at for f in mine if f.type == "tag.added" and f.data["tag_id"] == tag]
                    since = max([*begun, max(puts, default=newest.occurred_at)])
                    days = lives.get(tag)
                    if days is not None and since < now - days * DAY:
                        found.add((who.value, guide, tag))
        return found


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings=_HAPPENINGS, lives=_LIVES, dice=st.randoms(use_true_random=False), has_left=st.booleans())
def test_what_is_past_its_life_is_what_the_facts_say(
    ground: Ground, happenings: list[Any], lives: list[tuple[int, str, int | None]], dice: Any, has_left: bool
) -> None:
    world = World()
    for day, (what, who, guide, tag) in enumerate(happenings):
        world.happens(day, what, who, guide, tag)
    facts = list(world.facts)
    dice.shuffle(facts)
    source = _begin(ground, has_left=has_left)
    stand: dict[str, int | None] = {}
    for turn in range(max(len(facts), 17)):
        for at, tag, days in lives:
            if at == turn:
                stand[tag] = days
                with ground.db.tx() as conn:
                    relations.govern_tag(conn, CORP, tag, owner="", meaning="", lasts_for=None if days is None else days * DAY)
        if turn < len(facts):
            with ground.db.tx() as conn:
                pool.record(ground, conn, source, [facts[turn]])
            if dice.random() < 0.5:
                relations.follow(ground, limit=dice.randint(1, 3))
    while relations.follow(ground):
        pass
    now = NOW - dice.randint(0, 8) * DAY
    wanted = world.past(stand, now)
    with ground.db.tx() as conn:
        counted = growth.tags_past(conn, now)
        ending = due(conn, now, [CORP], 100)
    assert counted == {(CORP, tag): n for tag in TAGS if (n := sum(one[2] == tag for one in wanted))}
    assert {(one.external_userid, one.guide, tag) for one in ending for tag in one.tags} == {
        one for one in wanted if not (has_left and one[1] == "gu")
    }


def test_who_was_handed_on_carries_nothing_with_the_guide_before(ground: Ground) -> None:
    world, source = World(), _begin(ground)
    with ground.db.tx() as conn:
        relations.govern_tag(conn, CORP, "tA", owner="", meaning="", lasts_for=2 * DAY)
    for day, what in enumerate(("add", "put", "moved")):
        world.happens(day, what, WHO[0], "gu" if what == "moved" else "mei", "tA")
        with ground.db.tx() as conn:
            pool.record(ground, conn, source, world.facts[-2:])
        while relations.follow(ground):
            pass
        with ground.db.tx() as conn:
            assert growth.tags_past(conn, NOW) == ({(CORP, "tA"): 1} if what == "put" else {})


def _begin(ground: Ground, *, has_left: bool = False) -> int:
    """Nothing has happened yet; two tags without a life. Gives the corp's source."""
    with ground.db.tx() as conn:
        for table in ("contacts", "tag_lives", "corp_tags", "guides", "facts", "fact_keys", "links"):
            conn.execute(sql.SQL("truncate {}").format(sql.Identifier(table)))
        for reader in ("pool.relations", "pool.relations.lives"):
            keep_place(conn, reader, START)
        relations.keep_tags(conn, [CorpTag(CORP, tag, tag, "g", "g") for tag in TAGS], NOW)
        relations.keep_guides(conn, [Guide(CORP, "gu", left_at=NOW if has_left else None)], NOW)
        return pool.ensure_source(conn, f"wecom:{CORP}", "wecom", now=NOW)
