"""What comes back becomes facts, once; a no holds at once; a forged or prefetched request does nothing."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from siyu import channels, content, pool
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.channels.email.letter import message_id
from siyu.sandbox.mail.notices import undelivered

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def web(ground: Ground) -> TestClient:
    return TestClient(Starlette(routes=channels.routes(ground)), follow_redirects=False, headers={"accept-language": "zh-CN"})


@pytest.fixture
def sent(ground: Ground, shop, post, email_on):
    """One letter that was sent: (intent, letter as its reader has it)."""
    intent = shop.wish(shop.person("lin@mail.example"))
    channels.deliver(ground, "email")
    (mail,) = post.office.box.newest()
    return intent, post.office.letter(mail)


def path(url: str) -> str:
    assert url.startswith(BASE)
    return url.removeprefix(BASE)


def test_a_click_leads_on_and_counts_once(web: TestClient, sent, shop) -> None:
    intent, letter = sent
    for _ in range(3):
        answer = web.get(path(letter.links[0]))
        assert answer.status_code == 302 and answer.headers["location"] == "https://shop.example/new"
        assert answer.headers["referrer-policy"] == "no-referrer" and answer.headers["cache-control"] == "no-store"
    assert shop.facts(intent) == ["sent", "clicked"]
    assert shop.one("select clicked_at is not null and opened_at is not null from sends")[0]
    assert shop.one("select data->>'link_id' is not null, data->>'origin' from facts where type = 'message.clicked'") == (True, "api")


def test_an_opening_counts_once(web: TestClient, sent, shop) -> None:
    intent, letter = sent
    for _ in range(3):
        answer = web.get(path(letter.picture))
        assert answer.status_code == 200 and answer.headers["content-type"] == "image/gif" and answer.content[:6] == b"GIF89a"
    assert shop.facts(intent) == ["sent", "opened"]


def test_who_fetches_ahead_is_not_counted(web: TestClient, sent, shop) -> None:
    intent, letter = sent
    ahead = [("purpose", "prefetch"), ("x-moz", "prefetch"), ("sec-purpose", "prefetch;prerender")]
    for method, headers in [("HEAD", {}), *(("GET", {name: value}) for name, value in ahead)]:
        assert web.request(method, path(letter.links[0]), headers=headers).status_code == 302
        assert web.request(method, path(letter.picture), headers=headers).status_code == 200
    assert shop.facts(intent) == ["sent"]


def test_a_get_never_unsubscribes(web: TestClient, sent, shop, ground: Ground) -> None:
    """Mail scanners follow every link of a letter."""
    intent, letter = sent
    for method in ("GET", "HEAD"):
        assert web.request(method, path(letter.unsubscribe)).status_code == 200
    assert shop.facts(intent) == ["sent"]


def test_one_click_unsubscribes_at_once(web: TestClient, sent, shop, ground: Ground) -> None:
    """RFC 8058: a POST without cookies, with just this body. From then on no claim gives a permit out."""
    intent, letter = sent
    again = shop.wish(shop.one("select person_id from sends")[0])
    answer = web.post(path(letter.unsubscribe), data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and "已退订" in answer.text
    assert shop.facts(intent) == ["sent", "unsubscribed"] and shop.permit(again) == "withdrawn"
    assert shop.one("select unsubscribed_at is not null from sends where intent_id = %s", intent)[0]
    assert channels.deliver(ground, "email") == 0
    later = shop.wish(shop.one("select person_id from sends")[0])
    assert shop.one("select code from verdicts where intent_id = %s", later)[0] == "unsubscribed"
    while pool.fold(ground):
        pass
    with ground.db.tx() as conn:
        person = shop.one("select person_id from sends limit 1")[0]
        assert next(one.is_given for one in pool.see(ground, conn, person).consents if one.channel == "email") is False


def test_the_page_asks_and_does_what_was_chosen(web: TestClient, sent, shop, ground: Ground, clock: StillClock) -> None:
    intent, letter = sent
    person = shop.one("select person_id from sends")[0]
    page = web.get(path(letter.unsubscribe))
    assert "林间茶铺" in page.text and "退订这类消息" in page.text and "script" not in page.headers["content-security-policy"]
    assert "Stop messages like this one" in web.get(path(letter.unsubscribe) + "?lang=en").text
    clock.move(timedelta(minutes=1))
    assert "任何渠道" in web.post(path(letter.unsubscribe), data={"choice": "all"}).text
    for channel in ("email", "webhook"):
        assert shop.one("select code from verdicts where intent_id = %s", shop.wish(person, channel))[0] == "unsubscribed"
    clock.move(timedelta(minutes=1))
    assert "欢迎回来" in web.post(path(letter.unsubscribe), data={"choice": "back"}).text
    while pool.fold(ground):
        pass
    assert "email" in {row[0] for row in _given(ground)}
    clock.move(timedelta(minutes=1))
    web.post(path(letter.unsubscribe), data={"choice": "this"})
    assert shop.facts(intent).count("unsubscribed") == 2  # no, yes and no again are three statements
    assert web.post(path(letter.unsubscribe), data={"choice": "nonsense"}).status_code == 200


def _given(ground: Ground) -> list[tuple[str]]:
    with ground.db.tx() as conn:
        return conn.execute("select channel from consents where is_given").fetchall()


SPOILED = [
    lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"),
    lambda t: "1" + t,
    lambda t: t.replace(".", ".0", 1),
    lambda t: t.split(".")[0],
    lambda t: "",
    lambda t: "a.b.c",
    lambda t: t + ".x",
    lambda t: "%00",
    lambda t: "../../etc/passwd",
]


def test_a_forged_token_does_nothing(web: TestClient, sent, shop) -> None:
    intent, letter = sent
    for spoil in SPOILED:
        for url, method in ((letter.links[0], "GET"), (letter.picture, "GET"), (letter.unsubscribe, "GET"), (letter.unsubscribe, "POST")):
            kind, _, token = path(url).rpartition("/")
            token, ending, _ = token.partition(".gif")
            status = web.request(method, f"{kind}/{spoil(token)}{ending}").status_code
            assert status == 404 or (kind == "/t/o" and status == 200)
    assert shop.facts(intent) == ["sent"]


def test_a_token_serves_one_purpose_only(web: TestClient, sent, shop, ground: Ground) -> None:
    intent, letter = sent
    opening = path(letter.picture).removeprefix("/t/o/").removesuffix(".gif")
    assert web.post(f"/u/{opening}").status_code == 404 and web.get(f"/t/c/{opening}").status_code == 404
    other = content.token(ground, content.CLICK, content.Mark(intent, 99_999))  # well signed, and the link does not exist
    assert web.get(f"/t/c/{other}").status_code == 404
    assert shop.facts(intent) == ["sent"]


def test_addresses_in_a_letter_name_nobody(sent) -> None:
    _, letter = sent
    for url in (*letter.links, letter.picture, letter.unsubscribe):
        assert re.fullmatch(r"http://127\.0\.0\.1:8000/(?:t/c|t/o|u)/[0-9a-z]+\.[0-9a-z]+\.[\w-]{22}(?:\.gif)?", url)


def test_a_trial_letters_links_work_and_count_nothing(web: TestClient, shop, ground: Ground) -> None:
    url = path(content.unsubscribe_url(ground, 0))
    assert "测试" in web.get(url).text and web.post(url).status_code == 200
    assert shop.one("select count(*) from facts where starts_with(type, 'message.')")[0] == 0


def test_a_reader_proves_that_an_unknown_send_arrived(web: TestClient, shop, post, ground: Ground, email_on) -> None:
    intent = shop.wish(shop.person("lin@kept.fault.example"))
    channels.deliver(ground, "email")
    assert shop.send(intent)[0] == "unknown"
    (mail,) = post.office.box.newest()
    web.get(path(post.office.letter(mail).links[0]))
    assert shop.send(intent)[0] == "sent" and shop.permit(intent) == "sent"
    assert shop.facts(intent) == ["unknown", "clicked", "sent"]
    assert shop.one("select resolved_by from sends")[0] == "receipt"


@pytest.mark.parametrize("was_sent", [True, False])
def test_a_person_clears_up_an_unknown_send(shop, post, ground: Ground, email_on, was_sent: bool) -> None:
    intent = shop.wish(shop.person("lin@kept.fault.example"))
    channels.deliver(ground, "email")
    with ground.db.tx() as conn:
        assert channels.resolve_unknown(ground, conn, intent, was_sent=was_sent, by="mei")
        assert not channels.resolve_unknown(ground, conn, intent, was_sent=was_sent, by="mei")
        assert channels.unknown_sends(conn) == []
        (row,) = channels.message_log(conn)
    state = "sent" if was_sent else "rejected"
    assert (row.state, row.resolved_by) == (state, "mei") and shop.permit(intent) == state
    assert shop.facts(intent) == ["unknown", "sent" if was_sent else "rejected"]
    channels.deliver(ground, "email")
    assert post.copies(ground, intent) == 1


# Bounces --------------------------------------------------------------------------------------------------------------------------


def bounce(ground: Ground, intent: int, status: str = "5.1.1", diagnostic: str = "550 5.1.1 user unknown", action: str = "failed") -> bytes:
    head = f"Message-ID: {message_id(ground.vault, intent, 'brand.example')}\r\nSubject: x\r\n\r\n"
    return undelivered(
        head.encode(), sender="bounce@brand.example", address="lin@mail.example", office="mx.example", status=status, diagnostic=diagnostic,
        at=ground.clock.now(), number="1", action=action,
    )  # fmt: skip


def test_a_hard_bounce_makes_the_address_unreachable(web: TestClient, sent, shop, ground: Ground) -> None:
    intent, _ = sent
    with ground.db.tx() as conn:
        key = channels.new_bounce_key(ground, conn)
    for _ in range(2):
        answer = web.post("/hooks/email/bounces", content=bounce(ground, intent), headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 202 and answer.json() == {"taken": 1}
    assert shop.facts(intent) == ["sent", "bounced"]
    while pool.fold(ground):
        pass
    assert shop.one("select unreachable_why from identifiers where kind = 'email'")[0] == "bounced"
    assert shop.one("select bounced_at is not null, code from sends")[:2] == (True, "hard_5.1.1")
    assert (
        shop.one("select code from verdicts where intent_id = %s", shop.wish(shop.one("select person_id from sends")[0]))[0]
        == "unreachable"
    )


def test_a_soft_bounce_and_a_delay_do_not(sent, shop, ground: Ground) -> None:
    intent, _ = sent
    assert channels.take_bounce(ground, bounce(ground, intent, "4.4.1", "timed out", "delayed")) == 1
    assert shop.facts(intent) == ["sent"]
    assert channels.take_bounce(ground, bounce(ground, intent, "5.2.2", "552 mailbox full")) == 1
    while pool.fold(ground):
        pass
    assert shop.facts(intent) == ["sent", "bounced"] and shop.one("select unreachable_at from identifiers where kind = 'email'")[0] is None


def test_a_notice_of_success_is_a_delivery(sent, shop, ground: Ground) -> None:
    intent, _ = sent
    channels.take_bounce(ground, bounce(ground, intent, "2.0.0", "250 ok", "delivered"))
    assert shop.facts(intent) == ["sent", "delivered"] and shop.one("select delivered_at is not null from sends")[0]


def test_a_complaint_stops_marketing_at_once(sent, shop, ground: Ground) -> None:
    intent, _ = sent
    number = message_id(ground.vault, intent, "brand.example")
    raw = (
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n"
        f"\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {number}\r\n\r\n--b--\r\n"
    )
    assert channels.take_bounce(ground, raw.encode()) == 1
    assert shop.facts(intent) == ["sent", "complained"]
    person = shop.one("select person_id from sends")[0]
    assert shop.one("select code from verdicts where intent_id = %s", shop.wish(person))[0] in ("unsubscribed", "suppressed")


def test_a_forged_notice_does_nothing(sent, shop, ground: Ground) -> None:
    intent, _ = sent
    raw = bounce(ground, intent)
    number = message_id(ground.vault, intent, "x").split("@")[0]
    forged = raw.replace(number.encode(), number[:-3].encode() + b"AAA")
    assert forged != raw and channels.take_bounce(ground, forged) == 0 and shop.facts(intent) == ["sent"]


def test_notices_come_with_the_key(web: TestClient, ground: Ground) -> None:
    assert web.post("/hooks/email/bounces", content=b"x", headers={"authorization": "Bearer "}).status_code == 401  # no key is set
    with ground.db.tx() as conn:
        key = channels.new_bounce_key(ground, conn)
    for header in (None, "Bearer wrong", "Bearer ", "Basic !!!", "Basic " + b64encode(b"x:wrong").decode(), "Digest x"):
        answer = web.post("/hooks/email/bounces", content=b"x", headers={"authorization": header} if header else {})
        assert answer.status_code == 401
    good = {"authorization": "Basic " + b64encode(f"x:{key}".encode()).decode()}
    assert web.post("/hooks/email/bounces", content=b"x", headers=good).json() == {"taken": 0}
    assert web.post("/hooks/email/bounces", content=b"x" * 3_000_000, headers=good).status_code == 413


def test_the_log_of_messages_pages_and_filters(shop, post, ground: Ground, email_on, clock: StillClock) -> None:
    people = [shop.person(f"p{n}@mail.example") for n in range(5)] + [shop.person("p@kept.fault.example")]
    for person in people:
        shop.wish(person, origin_id=7)
    channels.deliver(ground, "email")
    with ground.db.tx() as conn:
        first = channels.message_log(conn, limit=4)
        rest = channels.message_log(conn, limit=4, before=(first[-1].started_at, first[-1].intent_id))
        assert len(first) == 4 and len(rest) == 2 and not {r.intent_id for r in first} & {r.intent_id for r in rest}
        assert len(channels.message_log(conn, state="unknown")) == 1 and len(channels.message_log(conn, origin=("api", 7))) == 6
        assert channels.message_log(conn, origin=("api", 8)) == [] and channels.message_log(conn, channel="webhook") == []
        assert all("@" not in r.address_mask or "*" in r.address_mask for r in first)
        assert channels.state_counts(conn, clock.now(), timedelta(days=1)) == {"email": {"sent": 5, "unknown": 1}}
