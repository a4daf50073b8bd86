"""WeCom: groups, handing on, acquisition links, statistics, ids elsewhere (facts 2.7 to 2.9, 2.11, 2.13)."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.conformance.bench import Trial, fact

DAY = 86_400


@fact("OFF 92120")
def groups(t: Trial) -> None:
    """Groups are listed with a limit that must be given, by status and owner, and told with everybody in them."""
    t.staff("zs", "ls")
    made = t.hand("/groups", owner="zs", name="VIP群", customers=[{"name": "李四", "unionid": "oU9"}], admins=["ls"])
    t.code(t.post("externalcontact/groupchat/list", {}), 40058)
    t.same(t.ok(t.post("externalcontact/groupchat/list", {"limit": 10}))["group_chat_list"], [{"chat_id": made["chat_id"], "status": 0}])
    other = {"limit": 10, "owner_filter": {"userid_list": ["ls"]}}
    t.same(t.ok(t.post("externalcontact/groupchat/list", other))["group_chat_list"], [])
    told = t.ok(t.post("externalcontact/groupchat/get", {"chat_id": made["chat_id"], "need_name": 1}))["group_chat"]
    t.same((told["owner"], told["admin_list"]), ("zs", [{"userid": "ls"}]))
    guest = next(m for m in told["member_list"] if m["type"] == 2)
    t.same((guest["name"], guest["unionid"], guest["join_scene"], guest["invitor"]), ("李四", "oU9", 1, {"userid": "zs"}))
    t.code(t.post("externalcontact/groupchat/get", {"chat_id": "wrNothing"}), 90501)
    t.same(t.ok(t.post("externalcontact/opengid_to_chatid", {"opengid": made["opengid"]}))["chat_id"], made["chat_id"])
    t.code(t.post("externalcontact/opengid_to_chatid", {"opengid": "x"}), 90511)


@fact("OFF 92130")
def group_events(t: Trial) -> None:
    """A group tells create, update with its detail, scene and member versions, and dismiss."""
    t.staff("zs")
    box = t.listen()
    chat = t.hand("/groups", owner="zs", name="群")["chat_id"]
    before = t.post("externalcontact/groupchat/get", {"chat_id": chat})["group_chat"]["member_version"]
    key = t.hand("/deeds/group", chat_id=chat, do="join", customer={"name": "新"})["external_userid"]
    after = t.post("externalcontact/groupchat/get", {"chat_id": chat})["group_chat"]["member_version"]
    t.hand("/deeds/group", chat_id=chat, do="remove", who=key)
    t.hand("/deeds/group", chat_id=chat, do="change", name="新名")
    t.hand("/deeds/group", chat_id=chat, do="dismiss")
    t.settle()
    told = {(h.fields["ChangeType"], h.fields.get("UpdateDetail", "")): h.fields for h in box.heard}
    wanted = {("create", ""), ("update", "add_member"), ("update", "del_member"), ("update", "change_name"), ("dismiss", "")}
    t.same(set(told), wanted)
    joined = told["update", "add_member"]
    t.same((joined["LastMemVer"], joined["CurMemVer"], joined["MemChangeCnt"], joined["MemChangeList"]), (before, after, "1", [key]))
    t.same(told["update", "del_member"]["QuitScene"], "1")


@fact("OFF 92229")
def join_ways(t: Trial) -> None:
    """A group's code leads into the first group with room and makes the next one when they are full; its state is the member's."""
    t.staff("zs")
    t.hand("/settings", group_scan_cap=3)
    chat = t.hand("/groups", owner="zs", name="一群", customers=[{"name": "甲"}])["chat_id"]
    given = {"scene": 2, "chat_id_list": [chat], "room_base_name": "福利", "room_base_id": 7, "state": "jw_7"}
    t.code(t.post("externalcontact/groupchat/add_join_way", given | {"chat_id_list": [chat] * 6}), 41091)
    config = t.ok(t.post("externalcontact/groupchat/add_join_way", given))["config_id"]
    told = t.ok(t.post("externalcontact/groupchat/get_join_way", {"config_id": config}))["join_way"]
    first = t.hand("/deeds/scan_join", code=told["qr_code"], customer={"name": "乙"})
    t.same(first["chat_id"], chat)
    second = t.hand("/deeds/scan_join", code=config, customer={"name": "丙"})
    t.true(second["chat_id"] != chat, "the full group was filled further")
    group = t.ok(t.post("externalcontact/groupchat/get", {"chat_id": second["chat_id"]}))["group_chat"]
    t.same((group["name"], [m.get("state") for m in group["member_list"] if m["type"] == 2]), ("福利7", ["jw_7"]))
    t.ok(t.post("externalcontact/groupchat/update_join_way", given | {"config_id": config, "auto_create_room": 0}))
    t.ok(t.post("externalcontact/groupchat/del_join_way", {"config_id": config}))
    t.code(t.post("externalcontact/groupchat/get_join_way", {"config_id": config}), 41044)


@fact("OFF 92133")
def group_statistics(t: Trial) -> None:
    """Statistics count groups, members and messages of a span of at most 30 days in the last 180."""
    t.staff("zs")
    chat = t.hand("/groups", owner="zs", customers=[{"name": "甲"}])["chat_id"]
    for _ in range(3):
        t.hand("/deeds/group", chat_id=chat, do="say", who="zs", text="早")
    span = {"day_begin_time": t.now(), "owner_filter": {"userid_list": ["zs"]}}
    data = t.ok(t.post("externalcontact/groupchat/statistic", span))["items"][0]["data"]
    t.same((data["new_chat_cnt"], data["member_total"], data["msg_total"], data["member_has_msg"]), (1, 2, 3, 1))
    days = t.ok(t.post("externalcontact/groupchat/statistic_group_by_day", span | {"day_end_time": t.now() + DAY}))["items"]
    t.same([d["data"]["msg_total"] for d in days], [3, 0])
    t.code(t.post("externalcontact/groupchat/statistic", span | {"day_begin_time": t.now() - 200 * DAY}), 40058)


def _hand(t: Trial, keys: list[str], handover: str = "zs", takeover: str = "ls", path: str = "") -> Any:
    body = {"handover_userid": handover, "takeover_userid": takeover, "external_userid": keys}
    return t.post(f"externalcontact/{path}transfer_customer", body)


def _status(t: Trial, key: str, path: str = "", handover: str = "zs", takeover: str = "ls") -> int:
    rows = t.ok(t.post(f"externalcontact/{path}transfer_result", {"handover_userid": handover, "takeover_userid": takeover}))["customer"]
    return int(next((r["status"] for r in rows if r["external_userid"] == key), 5))


@fact("OFF 92125")
def handing_on(t: Trial) -> None:
    """A customer is handed on after 24 hours: the old relation ends by DELETE_BY_TRANSFER, the new one begins."""
    t.staff("zs", "ls")
    key, box = t.customer("zs"), t.listen()
    t.same(
        t.ok(_hand(t, [key, "wmNobody"]))["customer"],
        [{"external_userid": key, "errcode": 0}, {"external_userid": "wmNobody", "errcode": 40096}],
    )
    t.same(_status(t, key), 2)
    t.same(t.ok(_hand(t, [key]))["customer"][0]["errcode"], 40100)
    t.wait(DAY)
    t.same(_status(t, key), 1)
    t.same([f["userid"] for f in t.get("externalcontact/get", external_userid=key)["follow_user"]], ["ls"])
    t.settle()
    told = {h.fields["ChangeType"]: h.fields for h in box.heard}
    t.same((told["del_external_contact"]["UserID"], told["del_external_contact"]["Source"]), ("zs", "DELETE_BY_TRANSFER"))
    t.code(_hand(t, [key], "ls", "ls"), 40130)


@fact("OFF 92125")
def refusing(t: Trial) -> None:
    """A customer who refuses stays, with status 3 and transfer_fail customer_refused."""
    t.staff("zs", "ls")
    key, box = t.customer("zs"), t.listen()
    t.ok(_hand(t, [key]))
    t.hand("/deeds/refuse_transfer", customer=key)
    t.wait(DAY)
    t.same(_status(t, key), 3)
    t.same([f["userid"] for f in t.get("externalcontact/get", external_userid=key)["follow_user"]], ["zs"])
    t.settle()
    t.same([(h.fields["ChangeType"], h.fields["FailReason"]) for h in box.heard], [("transfer_fail", "customer_refused")])


@fact("OFF 92125")
def twice_in_ninety_days(t: Trial) -> None:
    """The same customer is handed on twice in 90 days; a third time is 40128 until they are over."""
    t.staff("zs", "ls")
    key = t.customer("zs")
    for one, other in (("zs", "ls"), ("ls", "zs")):
        t.same(t.ok(_hand(t, [key], one, other))["customer"][0]["errcode"], 0)
        t.wait(DAY)
    t.same(t.ok(_hand(t, [key]))["customer"][0]["errcode"], 40128)
    t.wait(90 * DAY)
    t.same(t.ok(_hand(t, [key]))["customer"][0]["errcode"], 0)


@fact("OFF 92125")
def a_full_taker(t: Trial) -> None:
    """A taker who cannot have more customers fails with status 4 and customer_limit_exceed, or is 40099 at once."""
    t.staff("zs", "ls")
    key, box = t.customer("zs"), t.listen()
    t.ok(_hand(t, [key]))
    t.hand("/settings", member_customer_cap=0)
    t.wait(DAY)
    t.same(_status(t, key), 4)
    t.same(t.ok(_hand(t, [key]))["customer"][0]["errcode"], 40099)
    t.settle()
    t.same([h.fields["FailReason"] for h in box.heard], ["customer_limit_exceed"])


@fact("OFF 92124")
def inheriting(t: Trial) -> None:
    """The customers of one who left wait in a list, and are handed on by the interface for the resigned only (40097 for others)."""
    t.staff("zs", "ls")
    key, box = t.customer("zs"), t.listen()
    t.code(_hand(t, [key], path="resigned/"), 40097)
    t.hand("/deeds/resign", userid="zs")
    rows = t.ok(t.post("externalcontact/get_unassigned_list", {"page_size": 100}))
    t.same([(r["handover_userid"], r["external_userid"]) for r in rows["info"]], [("zs", key)])
    t.same((rows["is_last"], rows["next_cursor"]), (True, ""))
    t.ok(_hand(t, [key], path="resigned/"))
    t.wait(DAY)
    t.same(_status(t, key, "resigned/"), 1)
    t.same(t.ok(t.post("externalcontact/get_unassigned_list", {}))["info"], [])
    t.settle()
    t.true(("change_contact", "delete_user") in {(h.fields["Event"], h.fields["ChangeType"]) for h in box.heard}, "delete_user")


@fact("OFF 92127")
def handing_groups_on(t: Trial) -> None:
    """Groups of the resigned and of those at work go by different interfaces (90500); the same owner is 90504."""
    t.staff("zs", "ls")
    chat = t.hand("/groups", owner="zs")["chat_id"]
    give = {"chat_id_list": [chat, "wrNothing"], "new_owner": "ls"}
    failed = t.ok(t.post("externalcontact/groupchat/transfer", give))["failed_chat_list"]
    t.same({f["chat_id"]: f["errcode"] for f in failed}, {chat: 90500, "wrNothing": 90501})
    t.hand("/deeds/resign", userid="zs")
    t.same(t.ok(t.post("externalcontact/groupchat/list", {"limit": 9, "status_filter": 1}))["group_chat_list"][0]["chat_id"], chat)
    t.code(t.post("externalcontact/groupchat/list", {"limit": 9, "owner_filter": {"userid_list": ["zs"]}}), 40003)
    box = t.listen()
    t.ok(t.post("externalcontact/groupchat/transfer", give))
    t.same(t.post("externalcontact/groupchat/get", {"chat_id": chat})["group_chat"]["owner"], "ls")
    t.settle()
    t.same([h.fields["UpdateDetail"] for h in box.heard], ["change_owner"])
    again = t.ok(t.post("externalcontact/groupchat/onjob_transfer", give))["failed_chat_list"]
    t.same(again[0]["errcode"], 90504)


@fact("OFF 92132")
def behaviour(t: Trial) -> None:
    """What members did comes by day, several members summed, 30 days at most of the last 180."""
    t.staff("zs", "ls")
    for userid in ("zs", "ls"):
        key = t.hand("/deeds/add", userid=userid, customer={"name": "新"})["external_userid"]
        t.hand("/deeds/say", userid=userid, customer=key, text="您好", by="member")
    t.hand("/deeds/delete", userid="ls", customer=key, by="customer")
    span = {"start_time": t.now(), "end_time": t.now()}
    row = t.ok(t.post("externalcontact/get_user_behavior_data", span | {"userid": ["zs", "ls"]}))["behavior_data"][0]
    t.same((row["new_contact_cnt"], row["chat_cnt"], row["message_cnt"], row["negative_feedback_cnt"]), (2, 2, 2, 1))
    t.code(t.post("externalcontact/get_user_behavior_data", span), 40063)


@fact("OFF 97297")
def acquisition(t: Trial) -> None:
    """A link wins a friend by add_way 16 with the customer_channel as state, and costs a credit of the lot that ends first."""
    t.staff("zs")
    box = t.listen()
    t.hand("/quota", n=1, days=30)
    t.hand("/quota", n=5, days=300)
    made = t.ok(t.post("externalcontact/customer_acquisition/create_link", {"link_name": "抖音", "range": {"user_list": ["zs"]}}))["link"]
    done = t.hand("/deeds/link", url=made["url"] + "?customer_channel=dy_1", customer={"name": "新"})
    t.hand("/deeds/say", userid="zs", customer=done["external_userid"], text="你好")
    follow = t.get("externalcontact/get", external_userid=done["external_userid"])["follow_user"][0]
    t.same((follow["add_way"], follow["state"]), (16, "dy_1"))
    told = t.ok(t.get("externalcontact/customer_acquisition_quota"))
    t.same((told["balance"], [q["balance"] for q in told["quota_list"]]), (5, [0, 5]))
    rows = t.ok(t.post("externalcontact/customer_acquisition/customer", {"link_id": made["link_id"]}))["customer_list"]
    t.same([(r["chat_status"], r["state"]) for r in rows], [(1, "dy_1")])
    t.settle()
    start = next(h.fields for h in box.heard if h.fields["ChangeType"] == "customer_start_chat")
    chat = t.ok(t.post("externalcontact/customer_acquisition/get_chat_info", {"chat_key": start["ChatKey"]}))
    t.same((chat["chat_info"]["recv_msg_cnt"], chat["chat_info"]["state"]), (1, "dy_1"))
    t.wait(1801)
    t.code(t.post("externalcontact/customer_acquisition/get_chat_info", {"chat_key": start["ChatKey"]}), 40058)
    other = t.gettoken(t.hand("/apps", agentid=1000009)["secret"])["access_token"]
    t.code(t.post("externalcontact/customer_acquisition/get", {"link_id": made["link_id"]}, token=other), 40058)


@fact("OFF 97297")
def no_credits(t: Trial) -> None:
    """Without credits a link wins nobody; the last one raises balance_exhausted."""
    t.staff("zs")
    box = t.listen()
    t.hand("/quota", n=1)
    made = t.ok(t.post("externalcontact/customer_acquisition/create_link", {"link_name": "a", "range": {"user_list": ["zs"]}}))["link"]
    t.hand("/deeds/link", url=made["url"], customer={"name": "新"})
    t.cannot("/deeds/link", url=made["url"], customer={"name": "晚"})
    t.settle()
    t.true("balance_exhausted" in {h.fields["ChangeType"] for h in box.heard}, "balance_exhausted")
    now = t.now()
    span = {"link_id": made["link_id"], "start_time": now - 60, "end_time": now}
    t.same(t.ok(t.post("externalcontact/customer_acquisition/statistic", span))["new_customer_cnt"], 1)


@fact("OFF 95926")
def ids_elsewhere(t: Trial) -> None:
    """A unionid gives the customer, or a pending id of 90 days that is told again once somebody adds them."""
    t.staff("zs")
    key = t.customer("zs", unionid="oKnown")
    who = {"unionid": "oKnown", "openid": "oOpen1", "subject_type": 0}
    t.same(t.ok(t.post("idconvert/unionid_to_external_userid", who))["external_userid"], key)
    t.code(t.post("idconvert/unionid_to_external_userid", who | {"unionid": "oOther"}), 610018)
    t.code(t.post("idconvert/unionid_to_external_userid", who | {"unionid": "nonsense", "openid": "o2"}), 610014)
    new = {"unionid": "oNew", "openid": "oOpen2"}
    pending = t.ok(t.post("idconvert/unionid_to_external_userid", new))["pending_id"]
    t.same(t.ok(t.post("idconvert/unionid_to_external_userid", new))["pending_id"], pending)
    added = t.hand("/deeds/add", userid="zs", customer={"unionid": "oNew"})["external_userid"]
    rows = t.ok(t.post("idconvert/batch/external_userid_to_pending_id", {"external_userid": [added]}))["result"]
    t.same(rows, [{"external_userid": added, "pending_id": pending}])
    t.wait(90 * DAY)
    t.same(t.ok(t.post("idconvert/batch/external_userid_to_pending_id", {"external_userid": [added]}))["result"], [])
    t.true(t.ok(t.post("externalcontact/convert_to_openid", {"external_userid": key}))["openid"], "an openid")


@fact("OFF 97299")
def credits_that_end(t: Trial) -> None:
    """A lot of credits that ends within days is told once by quota_expire_soon."""
    box = t.listen()
    t.hand("/quota", n=9, days=10)
    t.look("")
    t.wait(4 * DAY)
    t.look("")
    t.look("")
    t.settle()
    t.same([h.fields["ChangeType"] for h in box.heard], ["quota_expire_soon"])
