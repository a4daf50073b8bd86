"""Webhooks are signed as the standard says, repeated under one id, and survive a change of the secret."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest

from siyu import channels
from siyu.base.clock import StillClock
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.channels.webhook.channel import read
from siyu.channels.webhook.signature import headers, key_of, new_secret, sign
from siyu.channels.words import Answer

# github.com/standard-webhooks/standard-webhooks, libraries/*/test: "sign function works"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, TIMESTAMP, PAYLOAD = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_published_vector() -> None:
    assert sign(SECRET, ID, TIMESTAMP, PAYLOAD) == SIGNATURE
    assert sign(SECRET.removeprefix("whsec_"), ID, TIMESTAMP, PAYLOAD) == SIGNATURE
    assert headers([SECRET], ID, TIMESTAMP, PAYLOAD) == {
        "webhook-id": ID, "webhook-timestamp": str(TIMESTAMP), "webhook-signature": SIGNATURE,
    }  # fmt: skip


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_???", "short", "whsec_" + "QQ" * 100])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(InputError):
        key_of(secret)


def test_a_new_secret_is_one() -> None:
    assert len(key_of(new_secret())) == 32 and new_secret() != new_secret()


@pytest.mark.parametrize(
    ("status", "answer"),
    [(200, "taken"), (204, "taken"), (301, "down"), (302, "down"), (400, "refused"), (401, "down"), (404, "down"), (408, "later"),
     (410, "down"), (422, "refused"), (429, "later"), (500, "later"), (503, "later")],
)  # fmt: skip
def test_an_answer_is_read_as_the_standard_advises(status: int, answer: str) -> None:
    assert read(status, "", b"", "msg_1").answer == Answer(answer)


def test_retry_after_is_heard_within_reason() -> None:
    assert read(429, "120", b"", "m").retry_after.total_seconds() == 120
    assert read(429, "99999999999", b"", "m").retry_after.total_seconds() == 86400
    assert read(429, "Fri, 20 Nov 2026 04:00:00 GMT", b"", "m").retry_after is None


def test_what_the_receiver_says_is_kept_without_addresses() -> None:
    assert "lin@" not in read(422, "", b"no such person lin@mail.example 13800001234", "m").why


def test_the_message_on_the_wire(ground: Ground, shop, receiver, webhook_on) -> None:
    person = shop.person(member="ok-1", name="李雷")
    intent = shop.wish(person, "webhook", topic="new")
    channels.deliver(ground, "webhook")
    head, body = receiver.calls[0]
    value = json.loads(body)
    assert value["type"] == "message.requested" and value["timestamp"] == ground.clock.now().isoformat()
    assert value["data"]["person"] == {"id": person, "member_id": "ok-1"}
    assert value["data"]["title"] == "李雷，上新了" and "李雷好" in value["data"]["text"] and "/t/c/" in value["data"]["text"]
    assert head["webhook-id"] == value["data"]["message_id"] and head["webhook-id"].startswith(f"msg_{intent}_")
    assert head["content-type"] == "application/json"
    assert head["webhook-signature"] == sign(webhook_on.secret, head["webhook-id"], int(head["webhook-timestamp"]), body)
    assert len(b64decode(head["webhook-signature"].removeprefix("v1,"))) == 32


def test_while_the_secret_changes_both_sign(ground: Ground, shop, receiver, webhook_on) -> None:
    with ground.db.tx() as conn:
        fresh = channels.change_secret(ground, conn)
    shop.wish(shop.person(), "webhook")
    channels.deliver(ground, "webhook")
    head, body = receiver.calls[0]
    stamp = int(head["webhook-timestamp"])
    signed = [sign(secret, head["webhook-id"], stamp, body) for secret in (fresh, webhook_on.secret)]
    assert head["webhook-signature"].split(" ") == signed


def test_an_endpoint_that_moved_rests_the_channel(ground: Ground, shop, receiver, webhook_on, clock: StillClock) -> None:
    intents = [shop.wish(shop.person(member=f"redirect-{n}"), "webhook") for n in range(3)]
    channels.deliver(ground, "webhook")
    assert {shop.permit(intent) for intent in intents} == {"waiting"}
    with ground.db.tx() as conn:
        health = channels.health(conn, "webhook")
    assert health.code == "redirect" and health.resting_until and "跳转" in channels.reason(health.code, "zh")


def test_the_setting_refuses_private_places_and_keeps_secrets_sealed(ground: Ground) -> None:
    with ground.db.tx() as conn:
        for url in ("https://127.0.0.1/", "http://example.com/", "https://localhost/x"):
            with pytest.raises(InputError) as refused:
                channels.set_webhook(ground, conn, channels.WebhookSettings(url))
            assert refused.value.field == "url"
        made = channels.set_webhook(ground, conn, channels.WebhookSettings("http://127.0.0.1:9/", private_hosts=("127.0.0.1",)))
        kept = conn.execute("select value::text from settings where name = 'webhook.endpoint'").fetchone()
        assert kept and made.secret.removeprefix("whsec_") not in kept[0]
        again = channels.set_webhook(ground, conn, channels.WebhookSettings("http://127.0.0.1:8/", private_hosts=("127.0.0.1",)))
        assert again.secret == made.secret
