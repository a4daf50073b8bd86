"""WeCom: mass sends and moments that members must confirm (facts 2.6, 2.10), and messages to members (2.15)."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.conformance.bench import Trial, fact

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


def _task(t: Trial, **given: Any) -> Any:
    return t.post("externalcontact/add_msg_template", {"text": {"content": "上新"}, **given})


def _ready(t: Trial, userid: str = "zs", n: int = 2) -> tuple[str, list[str]]:
    t.staff(userid)
    made = [t.customer(userid) for _ in range(n)]
    msgid = str(t.ok(_task(t, sender=userid))["msgid"])
    t.wait(6)
    return msgid, made


@fact("OFF 92135")
def making_a_task(t: Trial) -> None:
    """sender alone takes all customers; ids that are no customers come back in fail_list; nobody at all is 41048."""
    t.staff("zs", "ls")
    a = t.customer("zs")
    told = t.ok(_task(t, sender="zs", external_userid=[a, "wmNobody"]))
    t.same(told["fail_list"], ["wmNobody"])
    t.ok(_task(t, sender="zs"))
    t.code(_task(t, sender="ls"), 41048)
    t.code(_task(t, sender="zs", external_userid=["wmNobody"]), 41048)
    t.code(_task(t), 40063)
    t.code(_task(t, sender="zs", text={"content": "字" * 1334}), 40058)
    t.code(_task(t, sender="zs", external_userid=["x"] * 10_001), 40058)
    t.code(_task(t, sender="zs", text={"content": ""}), 40063)


@fact("OFF 92135")
def whose_customer(t: Trial) -> None:
    """Without a sender each customer falls to the member who was last in touch."""
    t.staff("zs", "ls")
    key = t.customer("zs")
    t.hand("/contacts", contacts=[{"external_userid": key, "userid": "ls"}])
    t.wait(60)
    t.hand("/deeds/say", userid="zs", customer=key, text="在")
    msgid = t.ok(_task(t, external_userid=[key]))["msgid"]
    t.wait(6)
    t.same([r["userid"] for r in t.ok(t.post("externalcontact/get_groupmsg_task", {"msgid": msgid}))["task_list"]], ["zs"])


@fact("OFF 92135")
def by_tags(t: Trial) -> None:
    """Tags within a group of the filter are alternatives, the groups must all hold."""
    t.staff("zs")
    a, b, c = (t.customer("zs") for _ in range(3))
    made = t.ok(t.post("externalcontact/add_corp_tag", {"group_name": "g", "tag": [{"name": n} for n in "xyz"]}))["tag_group"]["tag"]
    ids = {tag["name"]: tag["id"] for tag in made}
    for who, names in ((a, "xz"), (b, "yz"), (c, "x")):
        t.ok(t.post("externalcontact/mark_tag", {"userid": "zs", "external_userid": who, "add_tag": [ids[n] for n in names]}))
    wanted = {"group_list": [{"tag_list": [ids["x"], ids["y"]]}, {"tag_list": [ids["z"]]}]}
    msgid = t.ok(_task(t, sender="zs", tag_filter=wanted))["msgid"]
    t.wait(6)
    rows = t.ok(t.post("externalcontact/get_groupmsg_send_result", {"msgid": msgid, "userid": "zs"}))["send_list"]
    t.same(sorted(r["external_userid"] for r in rows), sorted([a, b]))


@fact("OFF 90313")
def being_dispatched(t: Trial) -> None:
    """Asked too soon after it was made a task is 41063; a wrong id is 41047, none 41046."""
    t.staff("zs")
    t.customer("zs")
    msgid = t.ok(_task(t, sender="zs"))["msgid"]
    t.code(t.post("externalcontact/get_groupmsg_task", {"msgid": msgid}), 41063)
    t.wait(6)
    t.ok(t.post("externalcontact/get_groupmsg_task", {"msgid": msgid}))
    t.code(t.post("externalcontact/get_groupmsg_task", {"msgid": "nothing"}), 41047)
    t.code(t.post("externalcontact/get_groupmsg_task", {}), 41046)


@fact("OFF 92135")
def nothing_without_the_member(t: Trial) -> None:
    """Nothing reaches a customer before the member confirms; then status 1, 2 for those who left, 3 for those who had enough."""
    msgid, (a, b) = _ready(t)
    t.same(t.post("externalcontact/get_groupmsg_task", {"msgid": msgid})["task_list"], [{"userid": "zs", "status": 0}])
    t.same(t.look(f"/phones/customer/{a}")["notes"], [])
    t.hand("/deeds/delete", userid="zs", customer=b, by="customer")
    t.hand("/deeds/confirm_task", task=msgid, userid="zs")
    rows = t.ok(t.post("externalcontact/get_groupmsg_send_result", {"msgid": msgid, "userid": "zs"}))["send_list"]
    t.same({r["external_userid"]: r["status"] for r in rows}, {a: 1, b: 2})
    t.same(t.post("externalcontact/get_groupmsg_task", {"msgid": msgid})["task_list"][0]["status"], 2)
    t.same([n["text"] for n in t.look(f"/phones/customer/{a}")["notes"]], ["上新"])


def _sent(t: Trial, n: int) -> list[int]:
    found = []
    for _ in range(n):
        msgid = t.ok(_task(t, sender="zs"))["msgid"]
        t.wait(6)
        t.hand("/deeds/confirm_task", task=msgid, userid="zs")
        found.append(t.post("externalcontact/get_groupmsg_send_result", {"msgid": msgid, "userid": "zs"})["send_list"][0]["status"])
    return found


@fact("OFF 92135")
def monthly_allowance(t: Trial) -> None:
    """A customer receives as many mass messages a month as it has days; what a member sends of their own counts too."""
    t.staff("zs")
    t.customer("zs")
    for _ in range(29):
        t.hand("/deeds/own_task", userid="zs", text="早")
    t.same(_sent(t, 3), [1, 1, 3])
    t.wait(31 * 86_400)
    t.same(_sent(t, 1), [1])


@fact("OFF 92135")
def stricter_allowances(t: Trial) -> None:
    """The administrator may choose 7 a week or 1 a day instead."""
    t.staff("zs")
    t.customer("zs")
    t.hand("/settings", mass_send_rule="daily1")
    t.same(_sent(t, 2), [1, 3])
    t.hand("/settings", mass_send_rule="weekly7")
    t.same(_sent(t, 7), [1] * 6 + [3])


@fact("OFF 90313")
def reminding_and_cancelling(t: Trial) -> None:
    """Three reminders in 24 hours, then 41094; a cancelled task is 41093 and cannot be confirmed."""
    msgid, _ = _ready(t)
    for _ in range(3):
        t.ok(t.post("externalcontact/remind_groupmsg_send", {"msgid": msgid}))
    t.code(t.post("externalcontact/remind_groupmsg_send", {"msgid": msgid}), 41094)
    t.wait(86_400)
    t.ok(t.post("externalcontact/remind_groupmsg_send", {"msgid": msgid}))
    t.ok(t.post("externalcontact/cancel_groupmsg_send", {"msgid": msgid}))
    t.code(t.post("externalcontact/remind_groupmsg_send", {"msgid": msgid}), 41093)
    t.cannot("/deeds/confirm_task", task=msgid, userid="zs")


@fact("OFF 96355")
def listing_tasks(t: Trial) -> None:
    """Tasks are listed by kind and span, those of the corp and those of members apart; a span over a month is 40058."""
    msgid, _ = _ready(t)
    t.hand("/deeds/own_task", userid="zs", text="早")
    now = t.now()
    span = {"chat_type": "single", "start_time": now - 3600, "end_time": now}
    rows = t.ok(t.post("externalcontact/get_groupmsg_list_v2", span | {"filter_type": 0}))["group_msg_list"]
    t.same([r["msgid"] for r in rows], [msgid])
    t.same(len(t.ok(t.post("externalcontact/get_groupmsg_list_v2", span))["group_msg_list"]), 2)
    t.code(t.post("externalcontact/get_groupmsg_list_v2", span | {"start_time": now - 40 * 86_400}), 40058)
    t.code(t.post("externalcontact/get_groupmsg_list_v2", span | {"limit": 101}), 40058)


@fact("OFF 92135")
def to_groups(t: Trial) -> None:
    """To groups a sender must be named; only groups sent to appear in the result."""
    t.staff("zs", "ls")
    mine = t.hand("/groups", owner="zs", customers=[{"name": "客"}])["chat_id"]
    other = t.hand("/groups", owner="ls")["chat_id"]
    t.code(_task(t, chat_type="group", chat_id_list=[mine]), 40063)
    told = t.ok(_task(t, chat_type="group", sender="zs", chat_id_list=[mine, other]))
    t.same(told["fail_list"], [other])
    t.wait(6)
    what = {"msgid": told["msgid"], "userid": "zs"}
    t.same(t.ok(t.post("externalcontact/get_groupmsg_send_result", what))["send_list"], [])
    t.hand("/deeds/confirm_task", task=told["msgid"], userid="zs")
    rows = t.ok(t.post("externalcontact/get_groupmsg_send_result", what))["send_list"]
    t.same([(r["chat_id"], r["status"]) for r in rows], [(mine, 1)])


@fact("OFF 92135")
def limits_of_groups(t: Trial) -> None:
    """At most 2,000 groups a task; groups of others only is 41048; without groups all of the sender's; one listing for groups alone."""
    t.staff("zs", "ls")
    mine, also = (t.hand("/groups", owner="zs", customers=[{"name": "客"}])["chat_id"] for _ in range(2))
    other = t.hand("/groups", owner="ls")["chat_id"]
    t.code(_task(t, chat_type="group", sender="zs", chat_id_list=["wr"] * 2001), 40058)
    t.code(_task(t, chat_type="group", sender="zs", chat_id_list=[other]), 41048)
    msgid = t.ok(_task(t, chat_type="group", sender="zs"))["msgid"]
    t.wait(6)
    t.hand("/deeds/confirm_task", task=msgid, userid="zs")
    rows = t.ok(t.post("externalcontact/get_groupmsg_send_result", {"msgid": msgid, "userid": "zs"}))["send_list"]
    t.same(sorted(r["chat_id"] for r in rows), sorted([mine, also]))
    span = {"start_time": t.now() - 3600, "end_time": t.now()}
    for kind, found in (("group", [msgid]), ("single", [])):
        listed = t.ok(t.post("externalcontact/get_groupmsg_list_v2", span | {"chat_type": kind}))["group_msg_list"]
        t.same([one["msgid"] for one in listed], found)


@fact("OFF 92135")
def allowance_of_groups(t: Trial) -> None:
    """A group gets what the rule allows, its owner's own messages among it; who is full, or handed on, is missing in the result."""
    t.staff("zs", "ls")
    full, free, gone = (t.hand("/groups", owner="zs", customers=[{"name": "客"}])["chat_id"] for _ in range(3))
    t.hand("/settings", mass_send_rule="daily1")
    t.hand("/deeds/own_task", userid="zs", kind="group", text="早", targets=[full])
    msgid = t.ok(_task(t, chat_type="group", sender="zs", chat_id_list=[full, free, gone]))["msgid"]
    t.wait(6)
    t.hand("/deeds/group", chat_id=gone, do="change", add_member="ls")
    t.hand("/deeds/group", chat_id=gone, do="change", owner="ls")
    t.hand("/deeds/confirm_task", task=msgid, userid="zs")
    rows = t.ok(t.post("externalcontact/get_groupmsg_send_result", {"msgid": msgid, "userid": "zs"}))["send_list"]
    t.same([(r["chat_id"], r["status"]) for r in rows], [(free, 1)])


@fact("OFF 92135")
def choosing(t: Trial) -> None:
    """The member may choose among the customers only where allow_select says so."""
    t.staff("zs")
    a, b = t.customer("zs"), t.customer("zs")
    open_one, shut = (t.ok(_task(t, sender="zs", allow_select=flag))["msgid"] for flag in (True, False))
    t.wait(6)
    t.cannot("/deeds/confirm_task", task=shut, userid="zs", chosen=[a])
    t.hand("/deeds/confirm_task", task=open_one, userid="zs", chosen=[a])
    rows = t.ok(t.post("externalcontact/get_groupmsg_send_result", {"msgid": open_one, "userid": "zs"}))["send_list"]
    t.same({r["external_userid"]: r["status"] for r in rows}, {a: 1, b: 0})


@fact("OFF 96351")
def moments(t: Trial) -> None:
    """A moment is made by a job, published by members, and then seen by their customers."""
    t.staff("zs", "ls")
    a = t.customer("zs")
    media = t.ok(t.upload("media/upload_attachment", "a.png", PNG, media_type="image", attachment_type=1))["media_id"]
    given = {
        "text": {"content": "早"},
        "attachments": [{"msgtype": "image", "image": {"media_id": media}}],
        "visible_range": {"sender_list": {"user_list": ["zs", "nobody"]}},
    }
    jobid = t.ok(t.post("externalcontact/add_moment_task", given))["jobid"]
    t.same(t.ok(t.get("externalcontact/get_moment_task_result", jobid=jobid))["status"], 2)
    t.wait(6)
    done = t.ok(t.get("externalcontact/get_moment_task_result", jobid=jobid))
    t.same(done["result"]["invalid_sender_list"]["user_list"], ["nobody"])
    moment = done["result"]["moment_id"]
    t.same(t.ok(t.post("externalcontact/get_moment_task", {"moment_id": moment}))["task_list"], [{"userid": "zs", "publish_status": 0}])
    t.hand("/deeds/confirm_task", task=moment, userid="zs")
    t.same(t.post("externalcontact/get_moment_task", {"moment_id": moment})["task_list"], [{"userid": "zs", "publish_status": 1}])
    who = {"moment_id": moment, "userid": "zs"}
    t.same(t.ok(t.post("externalcontact/get_moment_send_result", who))["customer_list"], [{"external_userid": a}])
    t.hand("/deeds/react", task=moment, who=a, kind="like")
    t.same([one["external_userid"] for one in t.ok(t.post("externalcontact/get_moment_comments", who))["like_list"]], [a])
    now = t.now()
    rows = t.ok(t.post("externalcontact/get_moment_list", {"start_time": now - 60, "end_time": now}))["moment_list"]
    t.same([r["moment_id"] for r in rows], [moment])


@fact("OFF 96351")
def moment_limits(t: Trial) -> None:
    """A moment without anything is 41078, of a wrong kind 41065; its files must be uploaded for moments; 10 a minute."""
    t.staff("zs")
    t.code(t.post("externalcontact/add_moment_task", {}), 41078)
    t.code(t.post("externalcontact/add_moment_task", {"attachments": [{"msgtype": "miniprogram", "miniprogram": {}}]}), 41065)
    plain = t.ok(t.upload("media/upload", "a.png", PNG, type="image"))["media_id"]
    image = {"msgtype": "image", "image": {"media_id": plain}}
    t.code(t.post("externalcontact/add_moment_task", {"attachments": [image]}), 40007)
    for _ in range(7):
        t.ok(t.post("externalcontact/add_moment_task", {"text": {"content": "早"}}))
    t.code(t.post("externalcontact/add_moment_task", {"text": {"content": "早"}}), 45009)
    t.code(t.post("externalcontact/get_moment_task", {"moment_id": "nothing"}), 41059)


@fact("OFF 90236")
def messages_to_members(t: Trial) -> None:
    """Wrong receivers are named and the others still get it; all wrong is 81013; more than 30 a minute are dropped silently."""
    t.staff("zs")
    body = {"touser": "zs|nobody", "msgtype": "text", "agentid": t.agentid, "text": {"content": "有新任务"}}
    t.same(t.ok(t.post("message/send", body))["invaliduser"], "nobody")
    t.code(t.post("message/send", body | {"touser": "nobody"}), 81013)
    t.code(t.post("message/send", body | {"text": {"content": "字" * 683}}), 40058)
    for _ in range(34):
        t.ok(t.post("message/send", body))
    t.same(len(t.look("/phones/member/zs")["notes"]), 30)
