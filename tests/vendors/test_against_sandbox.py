"""The clients against the sandbox's servers, over HTTP: written by others from the same documents, so what both agree on is likely true."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.conftest import NOW

from siyu.base.ground import Ground
from siyu.sandbox.conformance import Bench, Trial
from siyu.vendors import (
    Account,
    CallbackKeys,
    Trouble,
    VendorError,
    VendorKind,
    aliyun_sms,
    callback_keys,
    keep_account,
    open_callback,
    read_xml,
    rotate_keys,
    tencent_sms,
)  # fmt: skip
from siyu.vendors.wechat import Mini, Official
from siyu.vendors.wecom import Client, attachments, pages

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


def _address(bench: Bench) -> str:
    return f"http://{bench._host}"


def _keep(ground: Ground, **fields: Any) -> Account:
    with ground.db.tx() as conn:
        return keep_account(ground, conn, name="沙盒", **fields)


@pytest.fixture
def trial(bench: Bench) -> Trial:
    return bench.trial()


@pytest.fixture
def client(ground: Ground, bench: Bench, trial: Trial) -> Client:
    keys = CallbackKeys("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C")
    return Client(
        ground,
        _keep(
            ground, kind="wecom", app_id=trial.corpid, agent_id=str(trial.agentid), secret=trial.secret, callback=keys,
            base_url=f"{_address(bench)}/wecom",
        ),
    )  # fmt: skip


def _refused(call: Any, code: str) -> VendorError:
    with pytest.raises(VendorError) as caught:
        call()
    assert caught.value.code == code
    return caught.value


def test_customers_tags_and_ways(client: Client, trial: Trial) -> None:
    trial.staff("zs", "ls")
    made = [trial.customer("zs", name=f"客{n}") for n in range(7)]
    assert set(client.follow_users()) >= {"zs", "ls"}
    assert set(client.customer_ids("zs")) == set(made)
    assert _refused(lambda: client.customer_ids("ls"), "84061").kind == Trouble.RELATION
    found = [row for page in pages(lambda c: client.customers_of(["zs", "ls"], c, limit=3)) for row in page.items]
    assert {row.external_contact.external_userid for row in found} == set(made)
    assert {row.follow_info.userid for row in found} == {"zs"}
    group = client.add_tags(["金", "银"], group_name="等级")
    gold = next(tag.id for tag in group.tag if tag.name == "金")
    client.mark_tag("zs", made[0], [gold])
    client.remark("zs", made[0], remark="李总", mobiles=["13800000000"])
    follow = client.customer(made[0]).follow_user[0]
    assert (follow.remark, [tag.tag_name for tag in follow.tags]) == ("李总", ["金"])
    client.edit_tag(gold, name="黄金")
    assert {tag.name for g in client.tags() for tag in g.tag} >= {"黄金", "银"}
    client.delete_tags(group_ids=[group.group_id])
    assert group.group_id not in {g.group_id for g in client.tags()}
    _refused(lambda: client.mark_tag("zs", made[0], [gold]), "40068")

    way = client.add_contact_way(["zs", "ls"], state="ch_42", remark="门店")
    assert way.config_id and way.qr_code
    client.update_contact_way(way.config_id, state="ch_43")
    assert client.contact_way(way.config_id).state == "ch_43"
    assert way.config_id in client.contact_ways().items
    client.delete_contact_way(way.config_id)
    _refused(lambda: client.contact_way(way.config_id), "41044")


def test_a_scan_comes_as_a_callback_and_is_welcomed_once(ground: Ground, client: Client, trial: Trial) -> None:
    trial.staff("zs")
    box = trial.listen()
    way = client.add_contact_way(["zs"], kind=1, state="ch_7")
    trial.hand("/deeds/scan", code=way.qr_code, customer={"name": "新客"})
    trial.settle()
    keys = callback_keys(ground.vault, client.account)
    events = []
    for heard in box.heard:
        query = heard.query
        opened = open_callback(
            keys, trial.corpid, signature=query["msg_signature"], timestamp=query["timestamp"], nonce=query["nonce"],
            body=heard.body.encode(),
        )  # fmt: skip
        events.append(read_xml(opened.text.encode()))
    [added] = [event for event in events if event.get("ChangeType") == "add_external_contact"]
    assert (added["UserID"], added["State"]) == ("zs", "ch_7")
    client.send_welcome(added["WelcomeCode"], "您好", [attachments.link("活动", "https://x.example/")])
    with pytest.raises(VendorError) as caught:
        client.send_welcome(added["WelcomeCode"], "您好")
    assert caught.value.code in ("41050", "41051")
    assert not caught.value.is_unknown

    with ground.db.tx() as conn:
        rotated = rotate_keys(ground, conn, client.account.account_id, CallbackKeys("next", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"))
    query = box.heard[0].query
    opened = open_callback(
        callback_keys(ground.vault, rotated), trial.corpid, signature=query["msg_signature"], timestamp=query["timestamp"],
        nonce=query["nonce"], body=box.heard[0].body.encode(),
    )  # fmt: skip
    assert opened.keys == 1, "during the rotation the keys before still open"


def test_mass_messages_and_moments(client: Client, trial: Trial) -> None:
    trial.staff("zs")
    made = [trial.customer("zs") for _ in range(2)]
    task = client.add_mass_task("上新", sender="zs", external_userids=[*made, "wmNobody"])
    assert task.fail_list == ["wmNobody"]
    error = _refused(lambda: client.mass_task(task.msgid), "41063")
    assert (error.kind, bool(error.retry_after)) == (Trouble.LATER, True)
    trial.wait(6)
    assert [(row.userid, row.status) for row in client.mass_task(task.msgid).items] == [("zs", 0)]
    client.remind(task.msgid)
    trial.hand("/deeds/confirm_task", task=task.msgid, userid="zs")
    assert {row.external_userid: row.status for row in client.mass_results(task.msgid, "zs").items} == dict.fromkeys(made, 1)
    now = trial.now()
    assert task.msgid in {m.msgid for m in client.mass_messages(now - 86_400, now + 60).items}
    other = client.add_mass_task("再来", sender="zs")
    trial.wait(6)
    client.cancel(other.msgid)
    _refused(lambda: client.remind(other.msgid), "41093")

    picture = client.upload_attachment("image", "a.png", PNG)
    job = client.add_moment_task("新茶", [attachments.image(picture.media_id)], users=["zs"])
    trial.wait(60)
    moment = client.moment_job(job)
    assert moment.status == 3
    moment_id = moment.result.moment_id
    assert [(row.userid, row.publish_status) for row in client.moment_task(moment_id).items] == [("zs", 0)]
    client.cancel_moment(moment_id)


def test_groups_handing_over_and_links(client: Client, trial: Trial) -> None:
    trial.staff("zs", "ls")
    made = [trial.customer("zs") for _ in range(3)]
    group_id = trial.hand("/groups", owner="zs", name="福利群", customers=made)
    chat_id = str(group_id.get("chat_id") or group_id)
    assert chat_id in {row.chat_id for row in client.groups(owners=["zs"]).items}
    group = client.group(chat_id)
    assert (group.owner, group.name) == ("zs", "福利群")
    assert group.member_version
    assert {m.userid for m in group.member_list if m.type == 2} <= set(made)
    join = client.add_join_way([chat_id], state="jw_7")
    assert client.join_way(join).chat_id_list == [chat_id]
    client.delete_join_way(join)

    begun = client.transfer("zs", "ls", made[:2], message="换我来")
    assert [row.errcode for row in begun] == [0, 0]
    assert client.transfer("zs", "ls", made[:1])[0].errcode == 40100
    assert {row.status for row in client.transfer_results("zs", "ls").items} == {2}
    trial.wait(86_400 + 60)
    assert {row.status for row in client.transfer_results("zs", "ls").items} == {1}
    assert set(client.customer_ids("ls")) == set(made[:2])
    trial.hand("/deeds/resign", userid="zs")
    assert {row.external_userid for row in client.unassigned().items} >= {made[2]}
    assert client.inherit("zs", "ls", [made[2]])[0].errcode == 0

    link = client.add_link("抖音", ["ls"])
    assert link.url.startswith("http")
    client.update_link(link.link_id, users=["ls"], name="抖音店")
    assert client.link_quota().total >= 0
    client.delete_link(link.link_id)


def test_desks_and_media(client: Client, trial: Trial) -> None:
    trial.staff("zs")
    media_id = client.upload("image", "茶.png", PNG).media_id
    assert client.api_ips()
    desk = trial.post("kf/account/add", {"name": "客服", "media_id": media_id})["open_kfid"]
    assert desk in {d.open_kfid for d in client.desks()}
    assert client.desk_messages(desk).has_more == 0
    who = trial.hand("/deeds/kf", open_kfid=desk, do="say", text="在吗", customer={"name": "客", "unionid": "oK"})["external_userid"]
    [told] = client.desk_customers([who, "wmNobody"])
    assert (told.external_userid, told.nickname, told.unionid) == (who, "客", "oK")


def test_a_corp_that_misbehaves(client: Client, trial: Trial) -> None:
    """Tokens die, WeCom is busy, too much at once: the caller hears of none of it, or hears what to do."""
    trial.staff("zs")
    client.follow_users()
    trial.hand("/tokens/expire")
    assert "zs" in client.follow_users()
    trial.hand("/tokens/expire", **{"as": "invalid"})
    assert "zs" in client.follow_users()
    trial.hand("/apps", agentid=trial.agentid, trusted_ips=["203.0.113.9"])
    error = _refused(client.follow_users, "60020")
    assert error.kind == Trouble.CONFIG and "Trusted company IP" in error.remedy
    trial.hand("/apps", agentid=trial.agentid, trusted_ips=[])
    assert "zs" in client.follow_users()


def test_an_official_account_and_a_mini_program(ground: Ground, bench: Bench) -> None:
    bench.json("POST", "/clock", {"shown_at": NOW.isoformat(), "rate": 0})
    bench.json("POST", "/sandbox/wechat/people", {"people": [{"person_id": "v1", "name": "客", "phone": "13800000001"}]})
    shop = bench.json("POST", "/sandbox/wechat/accounts", {"kind": "service", "name": "茶铺", "open_platform": "v"})
    app = bench.json("POST", "/sandbox/wechat/accounts", {"kind": "mini", "name": "小茶铺", "open_platform": "v"})
    base = f"{_address(bench)}/wechat"
    official = Official(ground, _keep(ground, kind="official", app_id=shop["appid"], secret=shop["secret"], base_url=base))
    mini = Mini(ground, _keep(ground, kind="mini", app_id=app["appid"], secret=app["secret"], base_url=base))

    def do(account: dict[str, Any], does: str, **more: Any) -> Any:
        return bench.json("POST", "/sandbox/wechat/do", {"appid": account["appid"], "person_id": "v1", "does": does, **more})

    do(shop, "follow")
    [openid] = official.fan_ids().data.openid
    fan = official.fan(openid)
    assert (fan.subscribe, [f.openid for f in official.fans([openid])]) == (1, [openid])
    official.say(openid, "text", {"content": "欢迎"})
    assert official.tags()[0].name
    _refused(lambda: official.send_template(openid, "no-such-template", {"thing1": "x"}), "40037")
    told = bench.json(
        "POST",
        f"/sandbox/wechat/accounts/{shop['appid']}/templates",
        {"title": "通知", "content": "{{thing1.DATA}}"},
    )
    assert official.send_template(openid, told["template_id"], {"thing1": "春茶"}) > 0

    bench.json("POST", f"/sandbox/wechat/accounts/{shop['appid']}/kill_tokens", {})
    assert official.fan(openid).openid == openid, "a killed token is replaced"
    login = do(app, "login")
    user = mini.login(login["code"])
    assert user.openid and user.unionid == fan.unionid
    _refused(lambda: mini.login(login["code"]), "40163")
    _refused(lambda: mini.send_subscribed(user.openid, "none", {"thing1": "x"}), "40037")


@pytest.mark.parametrize("vendor", [VendorKind.ALIYUN_SMS, VendorKind.TENCENT_SMS])
def test_sms(ground: Ground, bench: Bench, vendor: VendorKind) -> None:
    bench.json("POST", "/clock", {"shown_at": NOW.isoformat(), "rate": 0})
    name = vendor.removesuffix("_sms")
    made = bench.json("POST", "/sandbox/sms/accounts", {"vendor": name, "name": name})
    one = f"/sandbox/sms/accounts/{made['account_id']}"
    bench.json("POST", f"{one}/signatures", {"name": "茶铺"})
    text = "订单${no}已发货" if name == "aliyun" else "订单{1}已发货"
    bench.json("POST", f"{one}/templates", {"code": "NOTE", "kind": "notice", "content": text})
    bench.json("POST", f"{one}/faults", {"undelivered": 0})
    account = _keep(
        ground, kind=vendor, app_id=made["key_id"], agent_id=str(made.get("sdk_app_id", "")), secret=made["secret"],
        base_url=f"{_address(bench)}/sms/{name}",
    )  # fmt: skip
    phone = "13900000007"
    if vendor == VendorKind.ALIYUN_SMS:
        ali = aliyun_sms.Client(ground, account)
        sent = ali.send([phone], "茶铺", "NOTE", {"no": "SF 1*~"}, out_id="i1")
        assert sent.biz_id
        assert _refused(lambda: ali.send([phone], "没有的签名", "NOTE", {"no": "1"}), "isv.SMS_SIGNATURE_ILLEGAL").kind == Trouble.CONFIG
        _later(bench)
        details = ali.details(phone, NOW.date(), biz_id=sent.biz_id)
        assert [(row.status, row.out_id) for row in details.details.rows] == [(3, "i1")]
    else:
        tencent = tencent_sms.Client(ground, account)
        [row, bad] = tencent.send([f"+86{phone}", "+8612"], "茶铺", "NOTE", ["SF1"], session_context="i1")
        assert (row.code, row.session_context) == ("Ok", "i1")
        assert bad.code != "Ok"
        assert row.serial_no
        _later(bench)
        at = int(NOW.timestamp())
        found = tencent.receipts_of(phone, at - 3600, at + 3600) or tencent.receipts_of(f"+86{phone}", at - 3600, at + 3600)
        assert [r.status for r in found if r.serial_no == row.serial_no] == ["SUCCESS"]
        assert isinstance(tencent.pull_replies(), list)


def _later(bench: Bench) -> None:
    """A minute later everything that became due was carried."""
    from datetime import timedelta

    bench.json("POST", "/clock", {"shown_at": (NOW + timedelta(seconds=60)).isoformat(), "rate": 0})
    until = time.monotonic() + 60
    while not bench.json("GET", "/sandbox/sms/quiet")["quiet"] and time.monotonic() < until:
        time.sleep(0.02)
