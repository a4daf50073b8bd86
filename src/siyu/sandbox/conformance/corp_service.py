"""WeCom: 微信客服, files, sign-in, JS-SDK (facts 2.14 to 2.16)."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from siyu.sandbox.conformance.bench import Trial, fact

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


def _kf(t: Trial) -> str:
    t.staff("zs", "ls")
    key = str(t.ok(t.post("kf/account/add", {"name": "客服", "media_id": "m"}))["open_kfid"])
    t.ok(t.post("kf/servicer/add", {"open_kfid": key, "userid_list": ["zs", "ls"]}))
    return key


def _send(t: Trial, kf: str, who: str, text: str = "您好") -> Any:
    return t.post("kf/send_msg", {"touser": who, "open_kfid": kf, "msgtype": "text", "text": {"content": text}})


@fact("OFF 94670")
def fetching_messages(t: Trial) -> None:
    """kf_msg_or_event only signals; sync_msg tells, by a cursor that stays good, with a token that is good for ten minutes."""
    kf = _kf(t)
    box = t.listen()
    who = t.hand("/deeds/kf", open_kfid=kf, do="say", text="在吗", customer={"name": "客"})["external_userid"]
    t.settle()
    t.same((box.heard[0].fields["Event"], box.heard[0].fields["OpenKfId"]), ("kf_msg_or_event", kf))
    ask = {"open_kfid": kf, "token": box.heard[0].fields["Token"]}
    page = t.ok(t.post("kf/sync_msg", ask))
    t.same([(m["origin"], m["text"]["content"], m["external_userid"]) for m in page["msg_list"]], [(3, "在吗", who)])
    t.same(page["has_more"], 0)
    t.hand("/deeds/kf", open_kfid=kf, do="say", text="二", customer=who)
    t.hand("/deeds/kf", open_kfid=kf, do="say", text="三", customer=who)
    more = t.ok(t.post("kf/sync_msg", ask | {"cursor": page["next_cursor"], "limit": 1}))
    t.same((more["has_more"], more["msg_list"][0]["text"]["content"]), (1, "二"))
    t.wait(601)
    t.code(t.post("kf/sync_msg", ask), 95007)
    t.code(t.post("kf/sync_msg", {"open_kfid": "wkNothing"}), 95004)
    last = t.ok(t.post("kf/sync_msg", {"open_kfid": kf, "cursor": more["next_cursor"]}))
    t.same([m["text"]["content"] for m in last["msg_list"]], ["三"])


@fact("OFF 94677")
def the_window(t: Trial) -> None:
    """Five messages in the 48 hours after the customer's last words: then 95001, and 95002 once the window is over."""
    kf = _kf(t)
    who = t.hand("/deeds/kf", open_kfid=kf, do="say", text="在吗", customer={"name": "客"})["external_userid"]
    for _ in range(5):
        t.ok(_send(t, kf, who))
    t.code(_send(t, kf, who), 95001)
    t.hand("/deeds/kf", open_kfid=kf, do="say", text="还在吗", customer=who)
    t.ok(_send(t, kf, who))
    t.code(_send(t, kf, who, "字" * 683), 40058)
    t.wait(48 * 3600)
    t.code(_send(t, kf, who), 95002)


@fact("OFF 94669")
def sessions(t: Trial) -> None:
    """A session moves to the queue, to a person, to its end; what is not allowed is 95016, an ended one 95013, no servicer 95014."""
    kf = _kf(t)
    who = t.hand("/deeds/kf", open_kfid=kf, do="say", text="在吗", customer={"name": "客"})["external_userid"]
    move = {"open_kfid": kf, "external_userid": who}
    t.same(t.ok(t.post("kf/service_state/get", move))["service_state"], 0)
    t.code(t.post("kf/service_state/trans", move | {"service_state": 3, "servicer_userid": "nobody"}), 95014)
    t.hand("/deeds/kf", open_kfid=kf, do="rest", userid="ls")
    t.code(t.post("kf/service_state/trans", move | {"service_state": 3, "servicer_userid": "ls"}), 95019)
    t.ok(t.post("kf/service_state/trans", move | {"service_state": 3, "servicer_userid": "zs"}))
    t.same(t.ok(t.post("kf/service_state/get", move))["servicer_userid"], "zs")
    t.code(_send(t, kf, who), 95018)
    t.code(t.post("kf/service_state/trans", move | {"service_state": 1}), 95016)
    told = t.ok(t.post("kf/service_state/trans", move | {"service_state": 4}))
    t.ok(t.post("kf/send_msg_on_event", {"code": told["msg_code"], "msgtype": "text", "text": {"content": "再见"}}))
    t.code(t.post("kf/service_state/trans", move | {"service_state": 3, "servicer_userid": "zs"}), 95013)


@fact("OFF 95122")
def kf_welcome(t: Trial) -> None:
    """Who opens the account gets a code for one welcome in 20 seconds, unless welcomed in 48 hours or already writing."""
    kf = _kf(t)
    url = t.ok(t.post("kf/add_contact_way", {"open_kfid": kf, "scene": "shop_1"}))["url"]
    scene = parse_qs(urlsplit(url).query)["enc_scene"][0]
    first = t.hand("/deeds/kf", open_kfid=kf, do="enter", scene=scene, scene_param="p1", customer={"name": "客"})
    event = t.ok(t.post("kf/sync_msg", {"open_kfid": kf}))["msg_list"][0]["event"]
    t.same((event["event_type"], event["scene"], event["scene_param"]), ("enter_session", "shop_1", "p1"))
    say = {"code": event["welcome_code"], "msgtype": "text", "text": {"content": "欢迎"}}
    t.ok(t.post("kf/send_msg_on_event", say))
    t.code(t.post("kf/send_msg_on_event", say), 95001)
    again = t.hand("/deeds/kf", open_kfid=kf, do="enter", customer=first["external_userid"])
    t.same(again["welcome_code"], "")
    late = t.hand("/deeds/kf", open_kfid=kf, do="enter", customer={"name": "另"})["welcome_code"]
    t.wait(20)
    t.code(t.post("kf/send_msg_on_event", say | {"code": late}), 40058)
    t.code(t.post("kf/add_contact_way", {"open_kfid": kf, "scene": "有字"}), 40058)


@fact("OFF 95159")
def kf_customers(t: Trial) -> None:
    """Customers of 微信客服 come a hundred at a time, with unknown ids named."""
    kf = _kf(t)
    who = t.hand("/deeds/kf", open_kfid=kf, do="say", text="在吗", customer={"name": "客", "unionid": "oK"})["external_userid"]
    told = t.ok(t.post("kf/customer/batchget", {"external_userid_list": [who, "wmNobody"]}))
    t.same([(c["nickname"], c["unionid"]) for c in told["customer_list"]], [("客", "oK")])
    t.same(told["invalid_external_userid"], ["wmNobody"])


@fact("OFF 96484")
def files(t: Trial) -> None:
    """A temporary file lives three days; its kind, size and name are checked; created_at is a string."""
    made = t.ok(t.upload("media/upload", "a.png", PNG, type="image"))
    t.true(isinstance(made["created_at"], str), "created_at is a string")
    get = f"/wecom/cgi-bin/media/get?{urlencode({'access_token': t.token, 'media_id': made['media_id']})}"
    t.same(t.bench.send("GET", get)[2], PNG)
    t.code(t.upload("media/upload", "a.png", b"GIF89a....", type="image"), 40004)
    t.code(t.upload("media/upload", "a.png", PNG, type="sticker"), 40004)
    t.code(t.upload("media/upload", "a.txt", b"123", type="file"), 44001)
    t.code(t.upload("media/upload", "a.amr", b"#!AMR" + b"0" * 2_097_153, type="voice"), 45001)
    t.wait(3 * 86_400)
    t.code(t.get("media/get", media_id=made["media_id"]), 40007)
    url = t.ok(t.upload("media/uploadimg", "a.png", PNG))["url"]
    status, _, body = t.bench.send("GET", urlsplit(url).path)
    t.same((status, body), (200, PNG))


@fact("OFF 91022")
def signing_in(t: Trial) -> None:
    """The authorize page gives a code: a member, or an outsider who is a customer; once (42022), for five minutes (42003)."""
    t.staff("zs")
    key = t.customer("zs")
    query = {
        "appid": t.corpid,
        "redirect_uri": "https://shop.example/in",
        "response_type": "code",
        "scope": "snsapi_privateinfo",
        "state": "s1",
    }

    def code_of(who: str) -> str:
        path = f"/wecom/connect/oauth2/authorize?{urlencode(query | {'as': who, 'agentid': t.agentid})}"
        status, headers, _ = t.bench.send("GET", path)
        t.same(status, 302)
        back = parse_qs(urlsplit(headers["location"]).query)
        t.same(back["state"], ["s1"])
        return back["code"][0]

    code = code_of("zs")
    told = t.ok(t.get("auth/getuserinfo", code=code))
    t.same(told["userid"], "zs")
    t.same(t.ok(t.post("auth/getuserdetail", {"user_ticket": told["user_ticket"]}))["userid"], "zs")
    t.code(t.get("auth/getuserinfo", code=code), 42022)
    t.same(t.ok(t.get("auth/getuserinfo", code=code_of(key)))["external_userid"], key)
    late = code_of("zs")
    t.wait(301)
    t.code(t.get("auth/getuserinfo", code=late), 42003)
    t.code(t.get("auth/getuserinfo", code="nonsense"), 40029)
    t.hand("/apps", agentid=t.agentid, trusted_domains=["other.example"])
    path = f"/wecom/connect/oauth2/authorize?{urlencode(query | {'as': 'zs', 'agentid': t.agentid})}"
    t.true(b"50001" in t.bench.send("GET", path)[2], "a domain that is not trusted is 50001")


@fact("OFF 90506")
def js_sdk(t: Trial) -> None:
    """Two tickets sign two things and must not be exchanged (42012); a wrong signature is 40093."""
    corp = t.ok(t.get("get_jsapi_ticket"))["ticket"]
    app = t.ok(t.get("ticket/get", type="agent_config"))["ticket"]
    t.true(corp != app, "two tickets")
    t.same(t.ok(t.get("get_jsapi_ticket"))["ticket"], corp, "the ticket while it is good")
    page = {"noncestr": "N", "timestamp": "1414587457", "url": "https://shop.example/p?a=1#part"}

    def sign(ticket: str) -> str:
        text = f"jsapi_ticket={ticket}&noncestr=N&timestamp=1414587457&url=https://shop.example/p?a=1"
        return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324  the protocol's choice

    t.hand("/jssdk", kind="config", signature=sign(corp), **page)
    t.hand("/jssdk", kind="agent_config", signature=sign(app), **page)
    t.true("42012" in t.cannot("/jssdk", kind="agent_config", signature=sign(corp), **page), "42012")
    t.true("40093" in t.cannot("/jssdk", kind="config", signature=sign("x"), **page), "40093")


@fact("OFF 90454")
def ticket_rates(t: Trial) -> None:
    """An app fetches at most 100 tickets an hour."""
    for _ in range(100):
        t.ok(t.get("get_jsapi_ticket"))
    t.code(t.get("get_jsapi_ticket"), 45009)


@fact("OFF 95096")
def product_albums(t: Trial) -> None:
    """Products have a description, a price in fen and pictures uploaded for albums; they are kept, changed, listed and deleted."""
    t.staff("zs")
    media = t.ok(t.upload("media/upload_attachment", "a.png", PNG, media_type="image", attachment_type=2))["media_id"]
    given = {
        "description": "明前龙井 250g",
        "price": 19_800,
        "product_sn": "LJ250",
        "attachments": [{"type": "image", "image": {"media_id": media}}],
    }
    key = t.ok(t.post("externalcontact/add_product_album", given))["product_id"]
    t.code(t.post("externalcontact/add_product_album", given | {"price": 5_000_001}), 40058)
    t.code(t.post("externalcontact/add_product_album", given | {"description": "字" * 301}), 40058)
    t.code(t.post("externalcontact/add_product_album", given | {"product_sn": "有字"}), 40058)
    t.ok(t.post("externalcontact/update_product_album", {"product_id": key, "price": 18_800}))
    told = t.ok(t.post("externalcontact/get_product_album", {"product_id": key}))["product"]
    t.same((told["price"], told["description"]), (18_800, "明前龙井 250g"))
    t.same([p["product_id"] for p in t.ok(t.post("externalcontact/get_product_album_list", {}))["product_list"]], [key])
    t.ok(t.post("externalcontact/delete_product_album", {"product_id": key}))
    t.code(t.post("externalcontact/get_product_album", {"product_id": key}), 40058)


@fact("OFF 95097")
def sensitive_words(t: Trial) -> None:
    """Rules have a name of 20, up to 300 words of 32, a kind, and a range that grows and shrinks."""
    t.staff("zs", "ls")
    given = {"rule_name": "私下收款", "word_list": ["转账"], "intercept_type": 1, "applicable_range": {"user_list": ["zs"]}}
    key = t.ok(t.post("externalcontact/add_intercept_rule", given))["rule_id"]
    t.code(t.post("externalcontact/add_intercept_rule", given | {"rule_name": "字" * 21}), 40058)
    t.code(t.post("externalcontact/add_intercept_rule", given | {"word_list": ["字"] * 301}), 40058)
    t.code(t.post("externalcontact/add_intercept_rule", given | {"word_list": ["字" * 33]}), 40058)
    change = {"rule_id": key, "add_applicable_range": {"user_list": ["ls"]}, "remove_applicable_range": {"user_list": ["zs"]}}
    t.ok(t.post("externalcontact/update_intercept_rule", change | {"extra_rule": {"semantics_list": [1, 3]}}))
    rule = t.ok(t.post("externalcontact/get_intercept_rule", {"rule_id": key}))["rule"]
    t.same((rule["applicable_range"]["user_list"], rule["extra_rule"]["semantics_list"]), (["ls"], [1, 3]))
    t.same([r["rule_id"] for r in t.ok(t.get("externalcontact/get_intercept_rule_list"))["rule_list"]], [key])
    t.ok(t.post("externalcontact/del_intercept_rule", {"rule_id": key}))


@fact("OFF 91774")
def the_archive(t: Trial) -> None:
    """Consent to the archive is asked pair by pair, with a secret of its own; the misspelt exteranalopenid is the interface's."""
    t.staff("zs")
    a, b = t.customer("zs"), t.customer("zs")
    t.hand("/deeds/agree", userid="zs", customer=a)
    body = {"info": [{"userid": "zs", "exteranalopenid": key} for key in (a, b)]}
    t.code(t.post("msgaudit/check_single_agree", body), 48002)
    t.hand("/apps", agentid=t.agentid, may_archive=True)
    rows = t.ok(t.post("msgaudit/check_single_agree", body))["agreeinfo"]
    t.same({r["exteranalopenid"]: r["agree_status"] for r in rows}, {a: "Agree", b: "Disagree"})
    t.same(t.ok(t.post("msgaudit/get_permit_user_list", {}))["ids"], ["zs"])
    t.code(t.post("msgaudit/check_single_agree", {"info": []}), 40058)
