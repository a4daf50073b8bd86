"""Control of what members and customers do with codes, tasks, groups, links and 微信客服."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from siyu.sandbox.corp import friends, grouping, handing, scanning, sending, talking
from siyu.sandbox.corp.company import DAY
from siyu.sandbox.corp.control import Hand, control
from siyu.sandbox.corp.friends import Impossible
from siyu.sandbox.corp.life import Habits, Life
from siyu.sandbox.corp.state import GroupMember, KfAccount, Quota, Tag, TagGroup, Task
from siyu.sandbox.till import Till


def _person(hand: Hand) -> Any:
    return friends.person(hand.company, hand.given.get("customer"))


@control("POST", "/deeds/scan")
def scan(hand: Hand) -> dict[str, Any]:
    """A customer scans a code by its config_id or picture address: `{code, customer, userid, half}`."""
    return scanning.scan(
        hand.company,
        str(hand.need("code")),
        _person(hand),
        userid=str(hand.given.get("userid") or ""),
        is_half=bool(hand.given.get("half")),
    )


@control("POST", "/deeds/accept")
def accept(hand: Hand) -> dict[str, Any]:
    """The member accepts a customer who had to ask: `{userid, customer}`."""
    made = scanning.accept(hand.company, str(hand.need("userid")), friends.person(hand.company, hand.need("customer")))
    return {"userid": made.userid, "external_userid": made.contact.id}


@control("POST", "/deeds/link")
def link(hand: Hand) -> dict[str, Any]:
    """A customer follows an acquisition link: `{url, customer, userid, click_only}`."""
    return scanning.follow_link(
        hand.company,
        str(hand.need("url")),
        _person(hand),
        userid=str(hand.given.get("userid") or ""),
        is_click_only=bool(hand.given.get("click_only")),
    )


@control("POST", "/quota")
def quota(hand: Hand) -> dict[str, Any]:
    """Buy a lot of acquisition credits: `{n, days}`."""
    n = hand.number("n", 0)
    hand.company.quotas.append(Quota(hand.company.now() + hand.number("days", 365) * DAY, n, n))
    return {"balance": sum(q.balance for q in hand.company.quotas if q.expires > hand.company.now())}


def _task(hand: Hand) -> Task:
    found = hand.company.tasks.get(str(hand.need("task")))
    if found is None:
        raise Impossible("there is no such task")
    return found


@control("GET", "/tasks")
def tasks(hand: Hand) -> list[dict[str, Any]]:
    """All mass-send and moment tasks: who has it before them, who did what; `waiting_for` one member."""
    wanted = hand.given.get("waiting_for")
    every = sending.waiting(hand.company, str(wanted)) if wanted else list(hand.company.tasks.values())
    return [task_told(task) for task in every]


def task_told(task: Task) -> dict[str, Any]:
    """A task as the control API tells it."""
    return {
        "task": task.id,
        "kind": task.kind,
        "created": task.created,
        "text": task.body["text"]["content"],
        "attachments": task.body["attachments"],
        "is_by_api": task.is_by_api,
        "is_cancelled": task.is_cancelled,
        "reminders": len(task.reminded),
        "members": {
            u: {
                "targets": len(t),
                "seen_at": task.seen.get(u),
                "done_at": task.done.get(u),
                "is_ignored": u in task.ignored,
                "results": {str(n): sum(task.results.get((u, c), (0, 0))[0] == n for c in t) for n in range(4)},
            }
            for u, t in task.targets.items()
        },
    }


@control("POST", "/deeds/confirm_task")
def confirm_task(hand: Hand) -> dict[str, Any]:
    """A member sends a task, or publishes a moment: `{task, userid, chosen}`. With `all` every member who has it does."""
    task = _task(hand)
    if hand.given.get("all"):
        who = [u for u in task.targets if u not in task.done and u not in task.ignored and hand.company.members[u].status == 1]
    else:
        who = [str(hand.need("userid"))]
    counts: dict[str, int] = {}
    for userid in who:
        for status, n in sending.confirm(hand.company, task, userid, hand.given.get("chosen")).items():
            counts[str(status)] = counts.get(str(status), 0) + n
    return {"by_status": counts, "members": len(who)}


@control("POST", "/deeds/see_task")
def see_task(hand: Hand) -> dict[str, Any]:
    """A member opens a task: `{task, userid}`."""
    sending.see(hand.company, _task(hand), str(hand.need("userid")))
    return {"ok": True}


@control("POST", "/deeds/ignore_task")
def ignore_task(hand: Hand) -> dict[str, Any]:
    """A member puts a task away: `{task, userid}`."""
    sending.ignore(hand.company, _task(hand), str(hand.need("userid")))
    return {"ok": True}


@control("POST", "/deeds/own_task")
def own_task(hand: Hand) -> dict[str, Any]:
    """A member sends a mass message or a moment of their own: `{userid, kind: single | group | moment, text, targets}`."""
    kind = str(hand.given.get("kind") or "single")
    if kind not in ("single", "group", "moment"):
        raise Impossible("kind is single, group or moment")
    return task_told(sending.own(hand.company, str(hand.need("userid")), kind, str(hand.need("text")), hand.given.get("targets")))


@control("POST", "/deeds/react")
def react(hand: Hand) -> dict[str, Any]:
    """A customer or member likes or comments a moment: `{task, who, kind: like | comment}`."""
    kind = str(hand.given.get("kind") or "like")
    if kind not in ("like", "comment"):
        raise Impossible("kind is like or comment")
    _task(hand).comments.append((kind, str(hand.need("who")), hand.company.now()))
    return {"ok": True}


@control("POST", "/groups")
def make_group(hand: Hand) -> dict[str, Any]:
    """A member makes a group: `{owner, name, customers: [...], admins: [...], is_quiet}`."""
    people = [friends.person(hand.company, one) for one in hand.given.get("customers") or ()]
    name = str(hand.given.get("name") or "")
    made = grouping.make(hand.company, str(hand.need("owner")), name, people, is_quiet=bool(hand.given.get("is_quiet")))
    for userid in hand.given.get("admins") or ():
        made.members[userid] = GroupMember(hand.company.member(str(userid)).userid, 1, made.created)
        made.admins.add(userid)
    return {"chat_id": made.id, "opengid": made.opengid}


@control("GET", "/truth/groups")
def truth_groups(hand: Hand) -> list[dict[str, Any]]:
    """All groups as they are."""
    return [
        {
            "chat_id": g.id,
            "name": g.name,
            "owner": g.owner,
            "status": g.status,
            "opengid": g.opengid,
            "member_version": grouping.version_of(g),
            "members": {m.id: {"kind": m.kind, "joined": m.joined, "scene": m.scene, "state": m.state} for m in g.members.values()},
        }
        for g in hand.company.groups.values()
    ]


@control("POST", "/deeds/group")
def group_deed(hand: Hand) -> dict[str, Any]:
    """In a group: `{chat_id, do: join | leave | remove | say | change | dismiss, customer, who, text, name, notice, owner, add_member}`."""
    group, do = grouping.group_of(hand.company, str(hand.need("chat_id"))), str(hand.need("do"))
    if do == "join":
        contact = _person(hand)
        scene = hand.number("scene", grouping.INVITED)
        grouping.join(hand.company, group, contact, scene=scene, invitor=str(hand.given.get("invitor") or ""))
        return {"external_userid": contact.id, "chat_id": group.id}
    if do in ("leave", "remove"):
        grouping.leave(hand.company, group, str(hand.need("who")), is_removed=do == "remove")
    elif do == "say":
        grouping.says(hand.company, group, str(hand.need("who")), str(hand.need("text")))
    elif do == "change":
        grouping.change(hand.company, group, **{n: hand.given.get(n) for n in ("name", "notice", "owner", "add_member")})
    elif do == "dismiss":
        grouping.dismiss(hand.company, group)
    else:
        raise Impossible("do is join, leave, remove, say, change or dismiss")
    return {"chat_id": group.id}


@control("POST", "/deeds/scan_join")
def scan_join(hand: Hand) -> dict[str, Any]:
    """A customer scans a group's code: `{code, customer}`."""
    contact = _person(hand)
    return grouping.scan_join(hand.company, str(hand.need("code")), contact) | {"external_userid": contact.id}


@control("POST", "/deeds/resign")
def resign(hand: Hand) -> dict[str, Any]:
    """A member leaves: `{userid}`."""
    handing.resign(hand.company, str(hand.need("userid")))
    return {"ok": True}


@control("POST", "/deeds/refuse_transfer")
def refuse_transfer(hand: Hand) -> dict[str, Any]:
    """The customer refuses to be handed on: `{customer}`."""
    handing.refuse(hand.company, str(hand.need("customer")))
    return {"ok": True}


@control("POST", "/tags")
def put_tags(hand: Hand) -> dict[str, Any]:
    """The administrator makes tags in the console: `{group, tags: [names]}`; apps may not change these."""
    company, name = hand.company, str(hand.need("group"))
    group = next((g for g in company.tag_groups.values() if g.name == name), None)
    if group is None:
        group = company.tag_groups.setdefault(key := company.new_id("et"), TagGroup(key, name, 0, company.now(), 0))
        company.emit("change_external_tag", ("ChangeType", "create"), ("Id", group.id), ("TagType", "tag_group"), ("StrategyId", 0))
    made = []
    for one in hand.need("tags"):
        tag = Tag(company.new_id("et"), str(one), 0, company.now(), group, 0)
        group.tags[tag.id] = company.tags[tag.id] = tag
        made.append(tag.id)
        company.emit("change_external_tag", ("ChangeType", "create"), ("Id", tag.id), ("TagType", "tag"), ("StrategyId", 0))
    return {"group_id": group.id, "tag_id": made}


@control("POST", "/tags/change")
def change_tags(hand: Hand) -> dict[str, Any]:
    """The administrator renames, deletes or reorders in the console: `{id, name}`, `{id, delete: true}`, `{id, shuffle: true}`."""
    company, key = hand.company, str(hand.need("id"))
    one: Tag | TagGroup | None = company.tags.get(key) or company.tag_groups.get(key)
    if one is None:
        raise Impossible("there is no such tag or group")
    kind = "tag" if isinstance(one, Tag) else "tag_group"
    what = "delete" if hand.given.get("delete") else "shuffle" if hand.given.get("shuffle") else "update"
    if what == "delete":
        company.forget_tags({key} if isinstance(one, Tag) else set(one.tags))
    elif what == "update":
        one.name = str(hand.need("name"))
    company.emit("change_external_tag", ("ChangeType", what), ("Id", key), ("TagType", kind), ("StrategyId", 0))
    return {"ok": True}


def _account(hand: Hand) -> KfAccount:
    return talking.account_of(hand.company, str(hand.need("open_kfid")))


@control("POST", "/deeds/kf")
def kf(hand: Hand) -> dict[str, Any]:
    """In 微信客服: `{open_kfid, do: enter | say | answer | end | rest, customer, text, scene, scene_param, userid}`."""
    account, do = _account(hand), str(hand.need("do"))
    if do == "rest":
        userid = str(hand.need("userid"))
        account.servicers[userid] = 1 - account.servicers[userid]
        status = account.servicers[userid]
        talking.put(
            hand.company,
            account,
            "",
            4,
            "event",
            {"event_type": "servicer_status_change", "servicer_userid": userid, "status": 2 if status else 1, "open_kfid": account.id},
        )
        return {"status": status}
    contact = _person(hand)
    told: dict[str, Any] = {"external_userid": contact.id}
    if do == "enter":
        scene = account.scenes.get(str(hand.given.get("scene") or ""), str(hand.given.get("scene") or ""))
        told["welcome_code"] = talking.enter(hand.company, account, contact, scene, str(hand.given.get("scene_param") or ""))
    elif do == "say":
        told["msgid"] = talking.says(hand.company, account, contact, str(hand.need("text")), str(hand.given.get("menu_id") or ""))
    elif do == "answer":
        told["msgid"] = talking.servicer_says(hand.company, account, str(hand.need("userid")), contact, str(hand.need("text")))
    elif do == "end":
        told["code"] = talking.move(hand.company, account, contact.id, talking.ENDED, "", change=3)
    else:
        raise Impossible("do is enter, say, answer, end or rest")
    return told


def _life_told(hand: Hand) -> dict[str, Any]:
    lived = hand.corps.lives.get(hand.company.corpid)
    if lived is None:
        return {"habits": None, "did": {}, "due": 0, "shop": None}
    shop = lived.till.standing() if lived.till else None
    return {"habits": asdict(lived.habits), "did": dict(lived.did), "due": lived.waiting(), "shop": shop}


@control("GET", "/life")
def life(hand: Hand) -> dict[str, Any]:
    """How those live who live by themselves, what they did, how many acts are `due` and not done yet, and what the shop took."""
    return _life_told(hand)


@control("POST", "/life", is_slow=True)
def set_life(hand: Hand) -> dict[str, Any]:
    """Let customers and members live by themselves: habits per day (see `Habits`); `{"none": true}` ends it.

    With `shop: {base_url, write_key, products: [{sku, name, price_minor}], currency}` customers buy there.
    """
    habits = Habits().changed({k: v for k, v in hand.given.items() if k not in ("corp", "none", "shop")})
    till = Till.of(hand.given["shop"]) if hand.given.get("shop") and not hand.given.get("none") else None
    old = hand.corps.lives.pop(hand.company.corpid, None)
    if old:
        old.stop()
    if not hand.given.get("none"):
        made = hand.corps.lives[hand.company.corpid] = Life(hand.company, habits, till)
        made.start()
    return _life_told(hand)
