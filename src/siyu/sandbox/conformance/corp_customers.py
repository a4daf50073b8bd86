"""WeCom: customers, remarks, tags, codes, welcomes (facts 2.1 to 2.5)."""

from __future__ import annotations

from typing import Any

from siyu.sandbox.conformance.bench import Trial, fact

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


@fact("OFF 92113")
def a_list(t: Trial) -> None:
    """list gives all customers of a member at once, and 84061 when there are none."""
    t.staff("zs", "ls")
    made = [t.customer("zs") for _ in range(3)]
    t.same(t.ok(t.get("externalcontact/list", userid="zs"))["external_userid"], made)
    t.code(t.get("externalcontact/list", userid="ls"), 84061)


@fact("OFF 92114")
def one_customer(t: Trial) -> None:
    """get tells a customer and everybody who follows; a wrong id is 40096, a missing one 41035."""
    t.staff("zs", "ls")
    key = t.customer("zs", name="李四", unionid="oU1", state="ch_42")
    t.hand("/contacts", contacts=[{"external_userid": key, "userid": "ls"}])
    told = t.ok(t.get("externalcontact/get", external_userid=key))
    t.same(told["external_contact"]["name"], "李四")
    t.same((told["external_contact"]["unionid"], told["external_contact"]["type"]), ("oU1", 1))
    t.same([f["userid"] for f in told["follow_user"]], ["zs", "ls"])
    t.same(told["follow_user"][0]["state"], "ch_42")
    t.code(t.get("externalcontact/get", external_userid="wmNobody"), 40096)
    t.code(t.get("externalcontact/get"), 41035)


@fact("OFF 96316")
def many_customers(t: Trial) -> None:
    """batch/get_by_user pages by an opaque cursor to an empty one, with one follow_info each and tag ids only."""
    t.staff("zs", "ls")
    made = [t.customer(u) for u in ("zs", "ls", "zs", "ls", "zs")]
    seen: list[str] = []
    cursor, pages = "", 0
    while True:
        page = t.ok(t.post("externalcontact/batch/get_by_user", {"userid_list": ["zs", "ls"], "limit": 2, "cursor": cursor}))
        seen += [one["external_contact"]["external_userid"] for one in page["external_contact_list"]]
        t.true(
            all("tag_id" in one["follow_info"] and "tags" not in one["follow_info"] for one in page["external_contact_list"]),
            "tag_id[] only",
        )
        cursor, pages = page["next_cursor"], pages + 1
        if not cursor:
            break
    t.same(sorted(seen), sorted(made))
    t.same(pages, 3)
    t.code(t.post("externalcontact/batch/get_by_user", {"userid_list": ["zs"], "limit": 101}), 40058)
    t.code(t.post("externalcontact/batch/get_by_user", {"userid_list": ["zs"] * 101}), 40058)
    t.code(t.post("externalcontact/batch/get_by_user", {"userid_list": ["zs"], "cursor": "made up"}), 40058)


@fact("OFF 96316")
def paging_while_it_changes(t: Trial) -> None:
    """Customers who come or go between two pages make no other customer appear twice or not at all."""
    t.staff("zs")
    made = [t.customer("zs") for _ in range(6)]
    first = t.ok(t.post("externalcontact/batch/get_by_user", {"userid_list": ["zs"], "limit": 3}))
    t.hand("/deeds/delete", userid="zs", customer=made[0], by="member")
    late = t.customer("zs")
    rest = t.ok(t.post("externalcontact/batch/get_by_user", {"userid_list": ["zs"], "limit": 100, "cursor": first["next_cursor"]}))
    seen = [o["external_contact"]["external_userid"] for p in (first, rest) for o in p["external_contact_list"]]
    t.same(seen, [*made, late])


@fact("OFF 96316")
def licences(t: Trial) -> None:
    """Members without a licence are named in fail_info; when none has one it is 701008."""
    t.staff("zs")
    t.staff("free", has_licence=False)
    t.customer("zs")
    told = t.ok(t.post("externalcontact/batch/get_by_user", {"userid_list": ["zs", "free"]}))
    t.same(told["fail_info"]["unlicensed_userid_list"], ["free"])
    t.code(t.post("externalcontact/batch/get_by_user", {"userid_list": ["free"]}), 701008)


@fact("OFF 92115")
def remarks(t: Trial) -> None:
    """remark counts characters (20, 150), replaces mobiles and empties them with [""]; all empty is refused."""
    t.staff("zs")
    key = t.customer("zs")
    who = {"userid": "zs", "external_userid": key}
    t.ok(t.post("externalcontact/remark", who | {"remark": "李" * 20, "description": "好" * 150, "remark_mobiles": ["13800000000"]}))
    told = t.get("externalcontact/get", external_userid=key)["follow_user"][0]
    t.same((told["remark"], told["remark_mobiles"]), ("李" * 20, ["13800000000"]))
    t.ok(t.post("externalcontact/remark", who | {"remark_mobiles": [""]}))
    t.same(t.get("externalcontact/get", external_userid=key)["follow_user"][0]["remark_mobiles"], [])
    t.code(t.post("externalcontact/remark", who | {"remark": "李" * 21}), 40058)
    t.code(t.post("externalcontact/remark", who | {"description": "好" * 151}), 40058)
    t.code(t.post("externalcontact/remark", who), 40063)
    t.staff("ls")
    t.code(t.post("externalcontact/remark", {"userid": "ls", "external_userid": key, "remark": "x"}), 84061)


@fact("OFF 99434")
def everybody(t: Trial) -> None:
    """contact_list tells customers with masked names and strangers in groups with temporary ids."""
    t.staff("zs")
    key = t.customer("zs", name="王小明")
    t.hand("/groups", owner="zs", name="群", customers=[{"name": "路人"}])
    rows = t.ok(t.post("externalcontact/contact_list", {}))["info_list"]
    mine = next(r for r in rows if r.get("external_userid") == key)
    t.same((mine["is_customer"], mine["name"], mine["follow_userid"]), (True, "王**", "zs"))
    t.true(any(not r["is_customer"] and r["chat_name"] == "群" for r in rows), "the stranger in the group")


@fact("OFF 92117")
def tags(t: Trial) -> None:
    """Tags: names merge, an existing group takes new ones, an app changes only its own, a group goes with its last tag."""
    one = t.ok(t.post("externalcontact/add_corp_tag", {"group_name": "等级", "tag": [{"name": "VIP"}, {"name": "VIP"}]}))["tag_group"]
    t.same(len(one["tag"]), 1)
    two = t.ok(t.post("externalcontact/add_corp_tag", {"group_name": "等级", "tag": [{"name": "普通"}]}))["tag_group"]
    t.same(two["group_id"], one["group_id"])
    listed = t.ok(t.post("externalcontact/get_corp_tag_list", {}))["tag_group"]
    t.same(sorted(tag["name"] for tag in listed[0]["tag"]), ["VIP", "普通"])
    t.code(t.post("externalcontact/edit_corp_tag", {"id": two["tag"][0]["id"], "name": "VIP"}), 40071)
    t.code(t.post("externalcontact/add_corp_tag", {"group_name": "长", "tag": [{"name": "字" * 31}]}), 40058)
    console = t.hand("/tags", group="后台", tags=["控"])
    t.code(t.post("externalcontact/edit_corp_tag", {"id": console["tag_id"][0], "name": "改"}), 40068)
    t.ok(t.post("externalcontact/del_corp_tag", {"tag_id": [tag["id"] for tag in listed[0]["tag"]]}))
    t.same([g["group_name"] for g in t.ok(t.post("externalcontact/get_corp_tag_list", {}))["tag_group"]], ["后台"])


@fact("UNCERTAIN 2")
def tag_cap(t: Trial) -> None:
    """Past the corp's number of tags it is 40126; how many is a setting."""
    t.hand("/settings", tag_cap=2)
    t.ok(t.post("externalcontact/add_corp_tag", {"group_name": "g", "tag": [{"name": "a"}, {"name": "b"}]}))
    t.code(t.post("externalcontact/add_corp_tag", {"group_name": "g", "tag": [{"name": "c"}]}), 40126)


@fact("OFF 92697")
def marking(t: Trial) -> None:
    """A tag is on a relation, not on a customer; unknown tags are 40068, no change at all 40063."""
    t.staff("zs", "ls")
    key = t.customer("zs")
    t.hand("/contacts", contacts=[{"external_userid": key, "userid": "ls"}])
    tag = t.ok(t.post("externalcontact/add_corp_tag", {"group_name": "g", "tag": [{"name": "a"}]}))["tag_group"]["tag"][0]["id"]
    t.ok(t.post("externalcontact/mark_tag", {"userid": "zs", "external_userid": key, "add_tag": [tag]}))
    told = {f["userid"]: [x["tag_id"] for x in f["tags"]] for f in t.get("externalcontact/get", external_userid=key)["follow_user"]}
    t.same(told, {"zs": [tag], "ls": []})
    t.code(t.post("externalcontact/mark_tag", {"userid": "zs", "external_userid": key, "add_tag": ["etNone"]}), 40068)
    t.code(t.post("externalcontact/mark_tag", {"userid": "zs", "external_userid": key}), 40063)


def _way(t: Trial, **given: Any) -> Any:
    return t.post("externalcontact/add_contact_way", {"type": 1, "scene": 2, "user": ["zs"], "state": "ch_1", **given})


@fact("OFF 96348")
def contact_ways(t: Trial) -> None:
    """Each wrong field of a code has its own error, 41037 to 41044; one bad member fails the call."""
    t.staff("zs", "ls")
    t.staff("asleep", status=4)
    t.ok(_way(t))
    t.code(t.post("externalcontact/add_contact_way", {"scene": 2, "user": ["zs"]}), 41037)
    t.code(t.post("externalcontact/add_contact_way", {"type": 1, "user": ["zs"]}), 41038)
    t.code(_way(t, type=3), 41039)
    t.code(_way(t, scene=3), 41040)
    t.code(_way(t, type=2, user=[f"u{n}" for n in range(101)]), 41041)
    t.code(_way(t, scene=1, style=9), 41042)
    t.code(t.post("externalcontact/get_contact_way", {}), 41043)
    t.code(t.post("externalcontact/get_contact_way", {"config_id": "nothing"}), 41044)
    t.code(_way(t, user=["zs", "ls"]), 40058)
    t.code(_way(t, state="s" * 31), 40058)
    t.code(_way(t, type=2, user=["zs", "asleep"]), 41054)


@fact("OFF 96348")
def keeping_contact_ways(t: Trial) -> None:
    """A code is read back, listed by the time it was made, changed where given, and gone once deleted."""
    t.staff("zs", "ls")
    made = t.ok(_way(t, type=2))
    t.true(made["qr_code"].startswith("http"), "scene 2 has a picture")
    t.true("qr_code" not in t.ok(_way(t, scene=1, style=1)), "scene 1 has none")
    t.ok(t.post("externalcontact/update_contact_way", {"config_id": made["config_id"], "user": ["ls"]}))
    told = t.ok(t.post("externalcontact/get_contact_way", {"config_id": made["config_id"]}))["contact_way"]
    t.same((told["user"], told["state"], told["type"]), (["ls"], "ch_1", 2))
    t.same(len(t.ok(t.post("externalcontact/list_contact_way", {}))["contact_way"]), 2)
    t.ok(t.post("externalcontact/del_contact_way", {"config_id": made["config_id"]}))
    t.code(t.post("externalcontact/get_contact_way", {"config_id": made["config_id"]}), 41044)
    t.true("nowhere" in t.cannot("/deeds/scan", code=made["qr_code"]), "who scans it finds nothing")


@fact("OFF 92130")
def a_scan(t: Trial) -> None:
    """A scan makes a friend whose state is the code's, with an event that carries State and WelcomeCode."""
    t.staff("zs")
    box, made = t.listen(), _way(t)
    done = t.hand("/deeds/scan", code=made["qr_code"], customer={"name": "扫"})
    t.settle()
    t.same([(h.fields["ChangeType"], h.fields["State"]) for h in box.heard], [("add_external_contact", "ch_1")])
    t.true(box.heard[0].fields["WelcomeCode"], "a welcome code")
    told = t.get("externalcontact/get", external_userid=done["external_userid"])["follow_user"][0]
    t.same((told["state"], told["add_way"]), ("ch_1", 1))
    t.same(t.hand("/deeds/scan", code=made["qr_code"], customer=done["external_userid"])["is_new"], False)


@fact("OFF 92130")
def half_a_friend(t: Trial) -> None:
    """A customer who is not confirmed back raises add_half_external_contact; get fails until the member confirms."""
    t.staff("zs")
    box, made = t.listen(), _way(t)
    key = t.hand("/deeds/scan", code=made["qr_code"], half=True)["external_userid"]
    t.code(t.get("externalcontact/get", external_userid=key), 84061)
    t.hand("/deeds/confirm", userid="zs", customer=key)
    t.ok(t.get("externalcontact/get", external_userid=key))
    t.settle()
    t.same(sorted(h.fields["ChangeType"] for h in box.heard), ["add_external_contact", "add_half_external_contact"])


def _code_of(t: Trial, **more: Any) -> tuple[str, str]:
    t.staff("zs", **more)
    box = t.listen()
    key = str(t.hand("/deeds/add", userid="zs", customer={"name": "新"})["external_userid"])
    t.settle()
    return str(box.heard[0].fields.get("WelcomeCode", "")), key


@fact("OFF 92599")
def a_welcome(t: Trial) -> None:
    """A welcome is delivered once: the same app again is 41051, and the customer has it on the phone."""
    code, key = _code_of(t)
    t.ok(t.post("externalcontact/send_welcome_msg", {"welcome_code": code, "text": {"content": "您好"}}))
    t.code(t.post("externalcontact/send_welcome_msg", {"welcome_code": code, "text": {"content": "您好"}}), 41051)
    t.same([n["text"] for n in t.look(f"/phones/customer/{key}")["notes"] if n["kind"] == "welcome"], ["您好"])


@fact("OFF 92599")
def twenty_seconds(t: Trial) -> None:
    """A welcome code dies after 20 seconds: 41050; a missing one is 41049."""
    code, _ = _code_of(t)
    t.wait(19)
    t.code(t.post("externalcontact/send_welcome_msg", {"welcome_code": code, "text": {"content": "字" * 1334}}), 40058)
    t.wait(1)
    t.code(t.post("externalcontact/send_welcome_msg", {"welcome_code": code, "text": {"content": "您好"}}), 41050)
    t.code(t.post("externalcontact/send_welcome_msg", {"text": {"content": "您好"}}), 41049)


@fact("OFF 90313")
def welcome_by_another_app(t: Trial) -> None:
    """The first app that calls wins; another one meets 41096."""
    code, _ = _code_of(t)
    other = t.gettoken(t.hand("/apps", agentid=1000009)["secret"])["access_token"]
    t.ok(t.post("externalcontact/send_welcome_msg", {"welcome_code": code, "text": {"content": "甲"}}))
    t.code(t.post("externalcontact/send_welcome_msg", {"welcome_code": code, "text": {"content": "乙"}}, token=other), 41096)


@fact("OFF 90313")
def welcome_while_chatting(t: Trial) -> None:
    """When the two are talking already a welcome is 41051."""
    code, key = _code_of(t)
    t.hand("/deeds/say", userid="zs", customer=key, text="在吗")
    t.code(t.post("externalcontact/send_welcome_msg", {"welcome_code": code, "text": {"content": "您好"}}), 41051)


@fact("OFF 92599")
def no_welcome_code(t: Trial) -> None:
    """No code comes when the console has a welcome for the member."""
    t.same(_code_of(t, has_console_welcome=True)[0], "")


@fact("OFF 92599")
def attachments(t: Trial) -> None:
    """At most 9 attachments of five kinds, with lengths in bytes; a file that is not there is 40007."""
    code, _ = _code_of(t)

    def send(*attachments: dict[str, Any]) -> Any:
        return t.post("externalcontact/send_welcome_msg", {"welcome_code": code, "attachments": list(attachments)})

    link = {"msgtype": "link", "link": {"title": "字" * 42, "url": "https://a.example", "desc": "d"}}
    t.code(send(*[link] * 10), 41064)
    t.code(send({"msgtype": "voice", "voice": {"media_id": "x"}}), 41065)
    t.code(send({"msgtype": "link", "link": {"title": "字" * 43, "url": "https://a.example"}}), 40058)
    t.code(send({"msgtype": "image", "image": {"media_id": "nothing"}}), 40007)
    media = t.ok(t.upload("media/upload", "a.png", PNG, type="image"))["media_id"]
    t.ok(send(link, {"msgtype": "image", "image": {"media_id": media}}))


@fact("OFF 92366")
def group_welcomes(t: Trial) -> None:
    """Templates for groups are kept, and changed only by the app that made them (41058)."""
    key = t.ok(t.post("externalcontact/group_welcome_template/add", {"text": {"content": "%NICKNAME% 欢迎"}}))["template_id"]
    t.same(t.ok(t.post("externalcontact/group_welcome_template/get", {"template_id": key}))["text"]["content"], "%NICKNAME% 欢迎")
    other = t.gettoken(t.hand("/apps", agentid=1000009)["secret"])["access_token"]
    t.code(t.post("externalcontact/group_welcome_template/del", {"template_id": key}, token=other), 41058)
    t.ok(t.post("externalcontact/group_welcome_template/del", {"template_id": key}))
