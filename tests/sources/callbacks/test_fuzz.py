"""200,000 mutations of callbacks: nothing that the vendor did not seal is taken, nothing breaks, nothing genuine is lost among them."""

from __future__ import annotations

import json
import random
from collections import Counter

from starlette.testclient import TestClient
from tests.conftest import NOW
from tests.sources.callbacks.conftest import APP, KEY, Hand, corp_event, facts, keep, states, xml

from siyu.base.ground import Ground
from siyu.sources import callbacks
from siyu.sources.callbacks import opening
from siyu.sources.callbacks.words import Refusal, Request
from siyu.vendors import CallbackKeys, VendorKind, callback_keys, rotate_keys

Delivery = tuple[dict[str, str], bytes]
AT = int(NOW.timestamp())
ODD = [
    b"\x00",
    b"\xff\xfe",
    b"]]>",
    b"<!DOCTYPE x [<!ENTITY y 'z'>]>",
    b"<?x?>",
    b"&lol;",
    b"<Encrypt>",
    b"</xml>",
    b"{",
    b"\xed\xa0\x80",
    b"%00",
    b"A" * 64,
]
SEALED_MUTATIONS, PLAIN_MUTATIONS, TOKEN_MUTATIONS, OVER_HTTP = 180_000, 15_000, 4_600, 400


def mutate(dice: random.Random, delivery: Delivery, other: Delivery) -> Delivery:
    """One small wrong: in the body, in the parameters, or parts of two deliveries put together."""
    query, body = delivery
    how = dice.randrange(9)
    at = dice.randrange(len(body))
    if how == 0:
        return query, body[:at] + bytes([body[at] ^ (1 << dice.randrange(8))]) + body[at + 1 :]
    if how == 1:
        return query, body[:at] + body[at + dice.randrange(1, 40) :]
    if how == 2:
        return query, body[:at] + dice.choice(ODD) + body[at:]
    if how == 3:
        return query, body[:at]
    if how == 4:
        return query, body[:at] + body[at - 16 if at > 16 else 0 :]
    if how == 5:
        return query, body[:at] + other[1][at:]
    if how == 6:
        return other[0], body
    name = dice.choice(list(query))
    value = query[name]
    if how == 7:
        return {key: one for key, one in query.items() if key != name}, body
    spot = dice.randrange(len(value))
    return query | {name: value[:spot] + dice.choice("0aZ é\x00") + value[spot + 1 :]}, body


def as_json(delivery: Delivery) -> Delivery:
    """The same sealed text as accounts that push JSON send it."""
    sealed = delivery[1].split(b"<Encrypt><![CDATA[")[1].split(b"]]>")[0].decode()
    return delivery[0], json.dumps({"ToUserName": "gh", "Encrypt": sealed}).encode()


def genuine(n: int) -> str:
    return corp_event("change_external_contact", AT, ChangeType="add_external_contact", UserID="zs", ExternalUserID=f"wmA{n}", State="s")


def test_no_mutation_of_a_sealed_one_says_anything_that_the_vendor_did_not(ground: Ground, corp: Hand, official: Hand) -> None:
    with ground.db.tx() as conn:
        corp.account = rotate_keys(
            ground, conn, corp.account.account_id, CallbackKeys("next", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR")
        )
    old = CallbackKeys("QDG6eK", KEY)
    texts = [genuine(n) for n in range(40)]
    dice, ends = random.Random(7), Counter[str]()
    for hand, share in ((corp, SEALED_MUTATIONS * 2 // 3), (official, SEALED_MUTATIONS // 3)):
        keys = callback_keys(ground.vault, hand.account)
        one_by_one = [(hand.closed(text, old if hand is corp and n % 2 else None), text) for n, text in enumerate(texts)]
        if hand is official:
            one_by_one = [(as_json(delivery) if n % 2 else delivery, text) for n, (delivery, text) in enumerate(one_by_one)]
        for n, (delivery, text) in enumerate(one_by_one):
            assert opening.open_text(hand.account, keys, Request(*delivery, NOW)) == (text, old if hand is corp and n % 2 else keys[0])
        known = set(texts)
        for n in range(share):
            delivery, other = one_by_one[n % 40][0], one_by_one[dice.randrange(40)][0]
            try:
                found = opening.open_text(hand.account, keys, Request(*mutate(dice, delivery, other), NOW))[0]
            except Refusal as refusal:
                ends[refusal.code] += 1
            else:
                assert found in known, "a text that the vendor never sealed"
                ends["whole"] += 1  # what was hurt is not signed: the envelope around Encrypt, another's parameters with another's body
    assert sum(ends.values()) == SEALED_MUTATIONS
    assert set(ends) == {"forged", "malformed", "whole"}
    assert ends["forged"] > SEALED_MUTATIONS / 3


def test_no_mutated_signature_or_secret_opens_a_plain_one(ground: Ground, client: TestClient, aliyun: Hand) -> None:
    plain = Hand(ground, keep(ground, VendorKind.OFFICIAL, APP, CallbackKeys("plain")), client)
    keys, text = callback_keys(ground.vault, plain.account), xml(FromUserName="oA", CreateTime=AT, MsgType="text", Content="hi", MsgId="1")
    query, body = plain.plain(text)
    dice, taken = random.Random(8), 0
    for _ in range(PLAIN_MUTATIONS):
        hurt, _ = mutate(dice, (query, body), (query, body))
        try:
            opening.open_text(plain.account, keys, Request(hurt, body, NOW))
        except Refusal:
            assert hurt != query
        else:
            assert hurt == query
            taken += 1
    assert 0 < taken < PLAIN_MUTATIONS
    secret = callback_keys(ground.vault, aliyun.account)
    for _ in range(TOKEN_MUTATIONS):
        token = list(secret[0].token)
        token[dice.randrange(32)] = dice.choice("aZ0 é\x00")
        token = token[: dice.choice([32, 32, 31, 8, 0])]
        assert (opening.let_in(secret, "".join(token)) == secret[0]) == ("".join(token) == secret[0].token)


def test_over_http_nothing_breaks_and_nothing_genuine_is_lost(ground: Ground, corp: Hand, aliyun: Hand) -> None:
    dice, answered, promised = random.Random(9), Counter[int](), set[str]()
    for n in range(OVER_HTTP):
        way = dice.randrange(10)
        if way == 0:
            query, body = corp.closed(genuine(n))
            assert corp.client.post(corp.path, params=query, content=body).status_code == 200
            promised.add(f"wmA{n}")
            continue
        query, body = mutate(dice, corp.closed(genuine(10_000)), corp.closed(genuine(10_001)))
        if way == 1:
            answer = aliyun.client.post(aliyun.path, params=query, content=body)
        elif way == 2:
            answer = corp.client.get(corp.path, params=query | {"echostr": "x" + body.decode("utf-8", "replace")[:200]})
        else:
            answer = corp.client.post(corp.path, params=query, content=body)
        answered[answer.status_code] += 1
    assert set(answered) <= {200, 400, 403}, answered
    while callbacks.work(ground):
        pass
    assert set(states(ground)) == {"done"}
    with ground.db.tx() as conn:
        refused = conn.execute("select sum(refusals_n) from callback_refusals").fetchone()
        who = {row[0] for row in conn.execute("select value from identifiers where kind = 'external_userid'")}
    assert refused is not None
    assert refused[0] == answered[403] + answered[400], "every one that was refused is counted"
    assert promised <= who, "what was answered is there"
    assert who - promised <= {"wmA10000", "wmA10001"}, "and nothing that the vendor never sealed"
    assert {data["guide"] for _, _, data in facts(ground)} == {"zs"}
