"""The parts of an official account's run: who follows. (A mini-program has no list of its users: nothing can be walked there.)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from siyu.base.db import Connection
from siyu.pool import Fact, Kind, normal
from siyu.sources.sync import keeping, store
from siyu.sources.sync.keeping import Kept
from siyu.sources.sync.walking import Walk, moment
from siyu.sources.sync.words import Differing
from siyu.vendors.wechat import Official, shapes

FANS_A_PART = 2_000
_FANS_A_CALL = 100

FIRST_PARTS: list[tuple[str, Mapping[str, Any]]] = [("openids", {})]


def walk_part(walk: Walk) -> None:
    """Do one part of an official account's run."""
    client = Official(walk.ground, walk.account)
    if walk.part.kind == "openids":
        _openids(walk, client)
    else:
        _fans(walk, client, list(walk.part.ref["openids"]))


def _openids(walk: Walk, client: Official) -> None:
    """Who follows by openid alone. On a night only those are asked about who are new here; who unfollowed is known at once."""
    appid = walk.account.app_id
    listed: list[str] = []
    after = ""
    while True:
        page = walk.ask(lambda after=after: client.fan_ids(after))  # type: ignore[misc]
        listed += page.data.openid
        if not page.data.openid or not page.next_openid or page.next_openid == after:
            break
        after = page.next_openid
    with walk.ground.db.tx() as conn:
        known = store.known_followers(conn, appid)
        seen = store.seen_of(conn, appid, "", listed)
    following = {openid for openid, (came, went) in known.items() if came > went}
    asked = [openid for openid in listed if openid not in seen or openid not in following]
    walk.more_total += len(asked)
    walk.more += [("fans", {"openids": asked[at : at + FANS_A_PART]}) for at in range(0, len(asked), FANS_A_PART)]
    gone = sorted(following - set(listed))
    before = walk.asking.asked_at.isoformat()
    gone = [openid for openid in gone if known[openid][0] < before]  # who came while the account was asked stays
    walk.write(lambda conn: _kept_gone(walk, conn, gone))


def _kept_gone(walk: Walk, conn: Connection, gone: Sequence[str]) -> Kept:
    facts: list[Fact] = []
    found: list[Differing] = []
    for openid in gone:
        who = normal.identifier(Kind.OPENID, openid, walk.account.app_id)
        if who is None:
            continue
        number = f"account.unfollowed:{openid}:{walk.asking.mark}"
        data = {"account": walk.account.app_id, "found_by": walk.asking.found_by}
        facts.append(Fact("account.unfollowed", number, walk.asking.asked_at, (who,), object=walk.account.app_id, data=data))
        # As the callback would have said: who does not follow is not written to.
        withdrawn = {"channel": "official", "purpose": "*", "by": "unfollow", "found_by": walk.asking.found_by}
        consent = f"consent.withdrawn:{openid}:unfollow:{walk.asking.mark}"
        facts.append(Fact("consent.withdrawn", consent, walk.asking.asked_at, (who,), object=walk.account.app_id, data=withdrawn))
        found.append(Differing("unfollowed", openid, {}, {}, number))
    if not facts:
        return Kept()
    source_id = keeping.source_of(walk.ground, conn, walk.account)
    return Kept(keeping.keep_facts(walk.ground, conn, source_id, facts), differences=found)


def _fans(walk: Walk, client: Official, openids: Sequence[str]) -> None:
    for at in range(0, len(openids), _FANS_A_CALL):
        part = openids[at : at + _FANS_A_CALL]
        fans = walk.ask(lambda part=part: client.fans(part))  # type: ignore[misc]
        walk.write(lambda conn, fans=fans: _kept_fans(walk, conn, fans), done=len(fans))  # type: ignore[misc]


def look(walk: Walk, openids: Sequence[str]) -> None:
    """Who some followers are (up to 100): their unionid and remark. That they follow was told by the callback that asks for this."""
    fans = walk.ask(lambda: Official(walk.ground, walk.account).fans(list(openids)))
    walk.write(lambda conn: _kept_fans(walk, conn, fans, with_following=False))


def _kept_fans(walk: Walk, conn: Connection, fans: Sequence[shapes.Fan], *, with_following: bool = True) -> Kept:
    appid = walk.account.app_id
    facts: list[Fact] = []
    found: list[Differing] = []
    seen: list[tuple[str, str, bytes]] = []
    known = store.known_followers_of(conn, walk.ground.vault, appid, [fan.openid for fan in fans])
    for fan in fans:
        who = normal.identifier(Kind.OPENID, fan.openid, appid)
        since = moment(fan.subscribe_time)
        if who is None or not fan.subscribe or since is None:
            continue
        came, went = known.get(fan.openid, ("", ""))
        if with_following and not came > went:
            at = since if since.isoformat() > went or not went else walk.asking.asked_at
            followed = f"account.followed:{fan.openid}:{int(at.timestamp())}"
            facts.append(Fact("account.followed", followed, at, (who,), object=appid, data=_scene(walk, fan)))
            back = f"consent.given:{fan.openid}:follow:{int(at.timestamp())}"
            given = {"account": appid, "channel": "official", "purpose": "service", "by": "follow"}
            facts.append(Fact("consent.given", back, at, (who,), object=appid, data=given))
            found.append(Differing("followed", fan.openid, {}, {}, followed, since))
        union = normal.identifier(Kind.UNIONID, fan.unionid) if fan.unionid else None
        digest = walk.ground.vault.lookup("sync", fan.openid, fan.unionid, fan.remark)
        if union is not None or fan.remark:
            names = (who, union) if union is not None else (who,)
            number = f"identity.stated:{fan.openid}:{digest.hex()}"
            personal = {"remark": fan.remark} if fan.remark else {}
            data = {"account": appid, "found_by": walk.asking.found_by}
            facts.append(Fact("identity.stated", number, since, names, object=appid, data=data, personal=personal))
        seen.append(("", fan.openid, digest))
    store.keep_seen(conn, appid, seen, walk.asking.asked_at)
    if not facts:
        return Kept()
    new = keeping.keep_facts(walk.ground, conn, keeping.source_of(walk.ground, conn, walk.account), facts)
    return Kept(new, differences=found)


def _scene(walk: Walk, fan: shapes.Fan) -> dict[str, Any]:
    scene = fan.qr_scene_str or (str(fan.qr_scene) if fan.qr_scene else "")
    return {"account": walk.account.app_id, "found_by": walk.asking.found_by, "way": fan.subscribe_scene} | (
        {"scene": scene} if scene else {}
    )
