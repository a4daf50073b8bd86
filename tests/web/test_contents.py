"""Contents, messages and channel settings as staff meet them: what they show, keep, refuse, and never give away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.channels.vendors import Post, Shop, free_port
from tests.web.conftest import OURS, Browse, Browser

from siyu import channels, content
from siyu.base.ground import Ground
from siyu.sandbox.mail import Faults, PostOffice
from siyu.web.contents import Draft, packed, unpacked

GOOD = {
    "name": "秋茶",
    "channel": "email",
    "purpose": "marketing",
    "subject": "{{ name | fallback: '您' }}好",
    "body": "新茶到了 [看](https://a.example/)",
}


@pytest.fixture
def tea(staffed: Ground) -> Shop:
    return Shop(staffed)


@pytest.fixture
def post(staffed: Ground, tmp_path: Path) -> Iterator[Post]:
    made = Post(PostOffice(tmp_path / "mail.db", staffed.clock.now, 1, Faults()))
    yield made
    channels.hang_up(staffed)
    made.close()


def server(post: Post, **more: str) -> dict[str, str]:
    return {
        "host": "127.0.0.1", "port": str(post.port), "security": "plain", "user": "", "password": "", "sender": "hello@brand.example",
        "sender_name": "茶铺", "reply_to": "", "return_path": "", "connections": "2", "letters_per_connection": "100",
        "timeout_seconds": "5", "pace": "qq.com 300\n* 0", "ca_pem": "",
    } | more  # fmt: skip


# Contents ---------------------------------------------------------------------------------------------------------------------------


def test_a_content_is_written_kept_and_changed(browse: Browse, tea: Shop) -> None:
    browser = browse("operator")
    assert "还没有内容" in browser.look("/contents").text
    made = browser.fill("/contents", GOOD)
    at = made.headers["location"]
    assert made.status_code == 303 and at == "/contents/1"
    text = browser.look(at).text
    assert "第 1 版" in text and "新茶到了" in text and "operator" in text
    browser.fill(at, GOOD | {"body": "新茶到了，快来"})
    assert "第 2 版" in browser.look(at).text and "第 1 版，它不是当前版本" in browser.look(f"{at}?version=1").text
    browser.fill(f"{at}/archive", {})
    assert "秋茶" not in re.sub(r"<[^>]+>", "", browser.look("/contents").text.split("<main")[1])
    assert "秋茶" in browser.look("/contents?show=archived").text
    browser.fill(f"{at}/back", {})
    assert "秋茶" in browser.look("/contents").text
    assert browser.look("/contents/99").status_code == 404


def test_a_mistake_keeps_what_was_written_and_says_where(browse: Browse, tea: Shop) -> None:
    answer = browse("operator").fill("/contents", GOOD | {"body": "第一行\n{{ a.b }} [x](nowhere)"})
    assert answer.status_code == 422
    assert "正文第 2 行第 4 字" in answer.text and "a.b" in answer.text and "第一行\n{{ a.b }} [x](nowhere)</textarea>" in answer.text
    with tea.ground.db.tx() as conn:
        assert content.all_kept(conn) == []


def test_the_preview_reads_as_a_real_customer(browse: Browse, tea: Shop) -> None:
    person = tea.person("lin@mail.example", name="林晓")
    browser = browse("operator")
    seen = browser.post(
        "/contents/preview", data=GOOD | {"csrf": browser.token(), "person": str(person)}, headers={**OURS, "hx-request": "true"}
    )
    assert "林晓好" in seen.text
    frame = re.search(r'src="(/contents/letter/[^"]+)"', seen.text)
    assert frame and "林晓" not in frame[1]
    letter = browser.look(frame[1].replace("&amp;", "&"))
    assert letter.status_code == 200 and "新茶到了" in letter.text and "退订" in letter.text
    policy = letter.headers["content-security-policy"]
    assert "script" not in policy and "default-src 'none'" in policy and "frame-ancestors 'self'" in policy
    needy = browser.post(
        "/contents/preview", data=GOOD | {"csrf": browser.token(), "body": "{{ level }}", "person": str(person)}, headers=OURS
    )
    assert "这位客户没有：level" in needy.text


def test_who_sees_names_masked_sees_nobodys_letter(browse: Browse, tea: Shop) -> None:
    person = tea.person("lin@mail.example", name="林晓")
    viewer = browse("viewer")
    seen = viewer.post("/contents/preview", data=GOOD | {"csrf": viewer.token(), "person": str(person)}, headers=OURS)
    assert "林晓" not in seen.text and "您好" in seen.text
    assert (
        "林晓"
        not in viewer.look(
            f"/contents/letter/{packed(tea.ground, Draft('', 'email', 'marketing', 's', '{{ name }}'))}?person={person}"
        ).text
    )


def test_a_letter_that_we_did_not_write_is_not_shown(browse: Browse, tea: Shop) -> None:
    mine = packed(tea.ground, Draft("", "email", "marketing", "s", "<b>x</b>"))
    assert unpacked(tea.ground, mine) is not None
    browser = browse("operator")
    for forged in (mine[:-1] + "A", "x" + mine, mine.split(".")[0], "a.b", "."):
        assert unpacked(tea.ground, forged) is None and browser.look(f"/contents/letter/{forged}").status_code == 404


def test_a_trial_letter_goes_out(browse: Browse, tea: Shop, post: Post) -> None:
    browser = browse("owner")
    browser.fill("/contents", GOOD)
    assert "还没有设置" in browser.look("/contents/1").text
    browser.fill("/settings/channels/email", server(post))
    browser.fill("/contents/1/trial", {"to": "me@mail.example"})
    (mail,) = post.office.box.newest()
    assert (mail.mailbox, mail.subject) == ("me@mail.example", "您好") and "测试消息已发出" in browser.look("/contents/1").text
    assert browser.fill("/contents/1/trial", {"to": "nobody"}).status_code == 422


# Messages ---------------------------------------------------------------------------------------------------------------------------


def send(browser: Browser, tea: Shop, post: Post, *emails: str) -> list[int]:
    browser.fill("/settings/channels/email", server(post))
    intents = tea.wishes(tea.people(list(emails)), origin_id=5)
    channels.deliver(tea.ground, "email")
    return intents


def test_the_log_shows_each_message_with_its_reason(browse: Browse, tea: Shop, post: Post) -> None:
    browser = browse("owner")
    assert "还没有设置发送渠道" in browser.look("/messages").text
    ok, dead, lost = send(browser, tea, post, "a@mail.example", "b@unknown.fault.example", "c@kept.fault.example")
    text = browser.look("/messages").text
    assert "a***@mail.example" in text and "a@mail.example" not in text
    assert "这个地址不存在或已停用" in text and "结果未知" in text and "1 条消息结果未知" in text
    assert f"/messages/{dead}" not in browser.look("/messages?state=unknown").text
    assert f"/messages/{ok}" in browser.look("/messages?origin=api:5&state=sent").text
    assert "没有符合条件的消息" in browser.look("/messages?channel=webhook").text
    one = browser.look(f"/messages/{lost}").text
    assert "为什么发" in one and one.count("why-line") == 1, "the gate's answer to this one alone"
    assert "确认已送达" in one and "确认已送达" not in browse("viewer").look(f"/messages/{lost}").text
    assert browser.look("/messages/999").status_code == 404
    for odd in ("?before=x", "?before=2026-01-01_5", "?state=x&channel=y&origin=z", "?origin=api:99999999999999999999"):
        assert browser.look(f"/messages{odd}").status_code == 200


@pytest.mark.parametrize(("said", "state"), [("sent", "sent"), ("not_sent", "rejected")])
def test_a_person_clears_up_what_nobody_knew(browse: Browse, tea: Shop, post: Post, said: str, state: str) -> None:
    browser = browse("operator")
    (intent,) = send(browse("owner"), tea, post, "c@kept.fault.example")
    assert browser.fill(f"/messages/{intent}/resolve", {"said": "maybe"}).status_code == 422
    assert browser.fill(f"/messages/{intent}/resolve", {"said": said}).status_code == 303
    assert tea.send(intent)[0] == state and tea.permit(intent) == state
    assert "operator" in browser.look(f"/messages/{intent}").text
    assert browse("viewer").fill(f"/messages/{intent}/resolve", {"said": said}).status_code == 403


def test_a_channel_that_rests_says_why(browse: Browse, tea: Shop, post: Post) -> None:
    browser = browse("owner")
    browser.fill("/settings/channels/email", server(post, port=str(free_port())))
    tea.wishes(tea.people(["a@mail.example"]))
    channels.deliver(tea.ground, "email")
    for path in ("/messages", "/settings/channels"):
        assert "邮件暂停发送" in browser.look(path).text and "连不上邮件服务器" in browser.look(path).text


# Channel settings --------------------------------------------------------------------------------------------------------------------


def test_the_password_goes_in_and_never_comes_out(browse: Browse, tea: Shop, post: Post) -> None:
    browser = browse("owner")
    browser.fill("/settings/channels/email", server(post, user="shop", password="open sesame"))
    assert "open sesame" not in browser.look("/settings/channels").text
    kept = re.search(r'name="password" type="password" value="([^"]*)"', browser.look("/settings/channels").text)
    assert kept and kept[1] == "••••••••"
    browser.fill("/settings/channels/email", server(post, user="shop", password=kept[1], sender_name="新茶铺"))
    with tea.ground.db.tx() as conn:
        settings = channels.see_email(tea.ground, conn)
        assert settings and (settings.password, settings.sender_name, settings.pace) == ("open sesame", "新茶铺", {"qq.com": 300, "*": 0})
        assert "open sesame" not in str(conn.execute("select * from settings").fetchall()) + str(
            conn.execute("select * from staff_log").fetchall()
        )
    assert "qq.com 300" in browser.look("/settings/channels").text


def test_a_test_says_what_the_server_says_and_keeps_nothing(browse: Browse, tea: Shop, post: Post) -> None:
    browser = browse("owner")
    assert "连接成功" in browser.fill("/settings/channels/email/test", server(post)).text
    failed = browser.fill("/settings/channels/email/test", server(post, port=str(free_port()))).text
    assert "连接失败" in failed and "连不上邮件服务器" in failed
    assert "连接失败" in browser.fill("/settings/channels/email/test", server(post, security="starttls")).text
    with tea.ground.db.tx() as conn:
        assert channels.see_email(tea.ground, conn) is None


@pytest.mark.parametrize(
    ("field", "value"), [("host", "a b"), ("port", "0"), ("port", "x"), ("sender", "nobody"), ("pace", "qq.com many"), ("ca_pem", "x")]
)
def test_a_wrong_field_is_pointed_at_and_the_rest_stays(browse: Browse, tea: Shop, post: Post, field: str, value: str) -> None:
    answer = browse("owner").fill("/settings/channels/email", server(post, sender_name="还在这里") | {field: value})
    assert answer.status_code == 422 and "还在这里" in answer.text
    assert re.search(rf'is-wrong"?[^>]*>(?:(?!class="field).)*name="{field}"', answer.text, re.DOTALL)


def test_the_bounce_key_and_the_webhook_secret_are_shown_once(browse: Browse, tea: Shop) -> None:
    browser = browse("owner")
    key = re.search(r"siyu_b_[\w-]{32}", browser.fill("/settings/channels/email/bounces", {}).text)
    assert key and key[0] not in browser.look("/settings/channels").text
    hook = {"url": "http://127.0.0.1:9/x", "private_hosts": "127.0.0.1:9"}
    secret = re.search(r"whsec_[\w+/=]{40,}", browser.fill("/settings/channels/webhook", hook).text)
    assert secret and secret[0] not in browser.look("/settings/channels").text
    other = re.search(r"whsec_[\w+/=]{40,}", browser.fill("/settings/channels/webhook/secret", {}).text)
    assert other and other[0] != secret[0]
    browser.fill("/settings/channels/webhook/trial", {})
    assert "测试消息没有发出" in browser.look("/settings/channels").text
    browser.fill("/settings/channels/webhook/off", {})
    assert "未设置" in browser.look("/settings/channels").text.split('id="webhook"')[1]


def test_a_private_endpoint_is_refused_with_its_reason(browse: Browse, tea: Shop) -> None:
    answer = browse("owner").fill("/settings/channels/webhook", {"url": "https://127.0.0.1/x", "private_hosts": ""})
    assert answer.status_code == 422 and "指向内网" in answer.text


def test_the_prefix_of_the_law(browse: Browse, tea: Shop) -> None:
    browser = browse("owner")
    browser.fill("/settings/channels/email/prefix", {"prefix": "广告"})
    with tea.ground.db.tx() as conn:
        assert content.look(conn).ad_prefix == "广告"
    assert browser.fill("/settings/channels/email/prefix", {"prefix": "SALE"}).status_code == 422
