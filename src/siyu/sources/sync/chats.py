"""What is to be written of a chat's members (客户群): the corp's list against who is in it here. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from siyu.pool import Fact, Kind, normal
from siyu.sources.sync.contacts import SAME_WITHIN, Asking, customer
from siyu.sources.sync.words import Decided, Differing, Known
from siyu.vendors.wecom import shapes

OUTSIDE = 2  # a member's type: not staff


def members(chat: shapes.Group, known: Mapping[str, Known], asking: Asking) -> Decided:
    """Who joined and who left. `known` is by external_userid; a joining newer than the question stays."""
    facts: list[Fact] = []
    found: list[Differing] = []
    listed = set()
    for one in chat.member_list:
        if one.type != OUTSIDE:
            continue
        who = customer(asking.corp, one.userid)
        if who is None:
            continue
        listed.add(one.userid)
        here = known.get(one.userid, Known())
        at = datetime.fromtimestamp(one.join_time, UTC)
        if here.is_active and here.added_at is not None and at <= here.added_at + SAME_WITHIN:
            continue
        if not here.is_active and here.ended_at is not None and here.ended_at >= at:
            if here.ended_at >= asking.asked_at:
                continue  # left while the corp was being asked
            at = asking.asked_at  # it lists them after they had left: they came back, nobody says when
        number = f"group.joined:{chat.chat_id}:{one.userid}:{int(at.timestamp())}"
        data: dict[str, Any] = {
            "corp": asking.corp, "owner": chat.owner, "join_scene": one.join_scene, "inviter": one.invitor.userid, "state": one.state,
            "found_by": asking.found_by,
        }  # fmt: skip
        union = normal.identifier(Kind.UNIONID, one.unionid) if one.unionid else None
        names = (who, union) if union else (who,)
        facts.append(Fact("group.joined", number, at, names, object=chat.chat_id, data=data))
        found.append(Differing("joined", f"{chat.chat_id} {one.userid}", {}, {"join_scene": one.join_scene}, number, at))
    for external_userid, here in sorted(known.items()):
        if external_userid not in listed and here.is_active and (here.added_at or asking.asked_at) < asking.asked_at:
            gone = leaving(chat.chat_id, external_userid, here, asking)
            facts += gone.facts
            found += gone.differences
    return Decided(tuple(facts), tuple(found))


def leaving(chat_id: str, external_userid: str, here: Known, asking: Asking, how: str = "") -> Decided:
    """Somebody who is in a chat no more, as a fact of the moment when the corp was asked."""
    who = customer(asking.corp, external_userid)
    if who is None:
        return Decided()
    number = f"group.left:{chat_id}:{external_userid}:{asking.mark}"
    data = {"corp": asking.corp, "found_by": asking.found_by} | ({"how": how} if how else {})
    fact = Fact("group.left", number, asking.asked_at, (who,), object=chat_id, data=data)
    return Decided((fact,), (Differing("left", f"{chat_id} {external_userid}", {"joined_at": str(here.added_at)}, {}, number),))
