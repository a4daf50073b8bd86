"""The pages of keyword answers and of the connected channels: what is saved is what answers, who may do what, both languages."""

from __future__ import annotations

import pytest
from tests.web.conftest import Browse

from siyu import channels, content, gate, vendors
from siyu.base.ground import Ground
from siyu.journeys import answers


@pytest.fixture
def three(staffed: Ground) -> list[int]:
    with staffed.db.tx() as conn:
        return [
            content.keep(staffed, conn, n, "official_chat", "", n, purpose="service").content_id for n in ("文章一", "商品一", "用法一")
        ]


def test_a_rule_is_written_tried_and_switched_off(browse: Browse, staffed: Ground, three: list[int]) -> None:
    operator = browse("operator")
    assert "还没有规则" in operator.look("/answers").text
    form = {"name": "龙井", "matching": "contains", "keywords": "龙井，泡茶", "channels": ["official", "kf"], "cooldown": "10",
            "priority": "50"} | {f"content{slot}": str(number) for slot, number in enumerate(three)}  # fmt: skip
    assert operator.fill("/answers", form).status_code == 303
    with staffed.db.tx() as conn:
        [rule] = answers.all_kept(conn)
    assert (rule.keywords, rule.content_ids, rule.channels) == (("龙井", "泡茶"), tuple(three), ("official", "kf"))
    told = operator.fill("/answers/try", {"said": "怎么泡茶", "channel": "kf"}).text
    assert "data-toast" not in told, "what was tried is not news"
    assert "用法一" in told and told.index("文章一") < told.index("商品一") < told.index("用法一")
    assert operator.fill(f"/answers/{rule.answer_id}", form | {"keywords": ""}).status_code == 422
    assert operator.fill("/answers", form).status_code == 422  # the name is taken
    assert operator.fill(f"/answers/{rule.answer_id}/switch", {"on": ""}).status_code == 303
    with staffed.db.tx() as conn:
        assert not answers.see(conn, rule.answer_id).is_on
    assert "龙井" in operator.look(f"/answers/{rule.answer_id}").text
    hello = {
        "name": "关注",
        "occasion": "coming",
        "channels": ["official", "kf"],
        "content0": str(three[0]),
        "cooldown": "60",
        "priority": "50",
    }
    assert operator.fill("/answers", hello).status_code == 303
    assert operator.fill("/answers", hello | {"name": "空", "content0": ""}).status_code == 422
    with staffed.db.tx() as conn:
        [greeting] = [one for one in answers.all_kept(conn) if one.occasion == "coming"]
    assert greeting.keywords == () and 'value="coming" checked' in operator.look(f"/answers/{greeting.answer_id}").text
    assert "关注时" in (listed := operator.look("/answers").text) and "进入会话时" in listed and "没有回复到的客户" not in listed
    assert "有欢迎规则发不出去" not in listed
    with staffed.db.tx() as conn:  # the brand's own windows, of before there were greetings
        gate.set_rule(conn, "windows", [{"channel": "kf", "after": "message", "of": "kf", "n": 5, "window": "48h"}], at=staffed.clock.now())
    listed = operator.look("/answers").text
    assert "没有“进入会话”" in listed and "没有“关注”" not in listed
    viewer = browse("viewer")
    assert viewer.look("/answers").status_code == 200 and viewer.fill("/answers", form).status_code == 403


@pytest.mark.parametrize("channel", ["sms", "official", "official_chat", "official_notice", "mini", "kf"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_channel_has_an_editor_with_a_phone(browse: Browse, channel: str, lang: str) -> None:
    shown = browse("operator").look(f"/contents/new?channel={channel}", **{"accept-language": lang})
    assert shown.status_code == 200 and "wecom-bubble" in shown.text and "web.content" not in shown.text


def test_a_text_says_its_length_and_price_and_must_say_how_to_refuse_it(browse: Browse, staffed: Ground) -> None:
    operator = browse("operator")
    form = {"name": "短信", "channel": "sms", "purpose": "marketing", "subject": "SMS_1", "body": "春" * 80 + "，拒收请回复R"}
    assert "计 2 条" in operator.fill("/contents/preview", form).text
    assert operator.fill("/contents", form | {"body": "春茶到店"}).status_code == 422
    assert operator.fill("/contents", form).status_code == 303


def test_the_sender_of_texts_is_kept(browse: Browse, staffed: Ground) -> None:
    owner = browse("owner")
    assert "先在" in owner.look("/settings/channels").text
    with staffed.db.tx() as conn:
        account = vendors.keep_account(staffed, conn, kind="aliyun_sms", name="阿里云", app_id="k", secret="s3cret-s3cret")
    form = {"account_id": str(account.account_id), "signature": "林间茶铺", "unit_price": "0.045"}
    assert owner.fill("/settings/channels/sms", form).status_code == 303
    with staffed.db.tx() as conn:
        assert channels.see_sms(conn) == channels.SmsSettings(account.account_id, "林间茶铺", 45_000)
    for wrong in ({"signature": "【茶】"}, {"unit_price": "cheap"}, {"account_id": "77"}):
        again = owner.fill("/settings/channels/sms", form | {"signature": "山茶集"} | wrong)
        assert again.status_code == 422 and wrong.get("signature", "山茶集") in again.text, "what was written stays in the form"
    assert "林间茶铺" in owner.look("/settings/channels").text
