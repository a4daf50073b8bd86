"""Deliveries: proven, stored before the answer, once in effect, replayable, put aside when they cannot be understood."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.conftest import NOW
from tests.sources.callbacks.conftest import APP, CORP, KEY, Hand, corp_event, facts, keep, states, xml

from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.sources import callbacks, wishes
from siyu.sources.callbacks import store
from siyu.sources.connecting import RotationState, rotation_state
from siyu.vendors import CallbackKeys, VendorKind, keep_account, retire_keys, rotate_keys, signature_of

AT = int(NOW.timestamp()) - 2
ADDED = corp_event(
    "change_external_contact", AT, ChangeType="add_external_contact", UserID="zs", ExternalUserID="wmA1", State="ch_42", WelcomeCode="WC1"
)
EDITED = corp_event("change_external_contact", AT, ChangeType="edit_external_contact", UserID="zs", ExternalUserID="wmA1")


def test_the_public_vector_opens_the_address(ground: Ground, client: TestClient) -> None:
    """V1 of wechatpy's tests."""
    keys = CallbackKeys("123456", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR")
    hand = Hand(ground, keep(ground, VendorKind.WECOM, "wx49f0ab532d5d035a", keys), client)
    query = {
        "msg_signature": "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96", "timestamp": "1411443780", "nonce": "437374425",
        "echostr": "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==",
    }  # fmt: skip
    answer = client.get(hand.path, params=query)
    assert (answer.status_code, answer.text) == (200, "5927782489442352469")
    assert client.get(hand.path, params=query | {"nonce": "437374424"}).status_code == 403
    assert client.get(hand.path).status_code == 400


def test_an_official_account_is_tried_with_a_plain_signature(official: Hand) -> None:
    query = {"timestamp": "1714036504", "nonce": "1514711492", "echostr": "4375120948345356249"}
    right = {"signature": "f464b24fc39322e44b38aa78f5edd27bd1441696"}
    assert official.client.get(official.path, params=query | right).text == "4375120948345356249"
    assert official.client.get(official.path, params=query | {"signature": "0" * 40}).status_code == 403


def test_what_is_answered_is_stored_and_becomes_a_fact_once(ground: Ground, corp: Hand) -> None:
    answers = [corp.client.post(corp.path, params=query, content=body) for query, body in (corp.closed(ADDED) for _ in range(3))]
    assert [(one.status_code, one.text) for one in answers] == [(200, "success")] * 3
    assert states(ground) == {"new": 1}
    assert callbacks.work(ground) == 1
    assert callbacks.work(ground) == 0
    assert corp.post(ADDED) == 200, "a late copy is answered the same"
    assert callbacks.work(ground) == 0
    [(type_, guide, data)] = facts(ground)
    assert (type_, guide) == ("contact.added", "zs")
    assert data == {"guide": "zs", "corp": CORP, "state": "ch_42", "welcome_code": "WC1", "received_at": NOW.isoformat()}
    with ground.db.tx() as conn:
        [shown] = callbacks.seen(conn, corp.account.account_id)
        assert (shown.kind, shown.about) == ("change_external_contact.add_external_contact", "zs · wmA1")
        assert (shown.state, shown.copies, shown.facts_n) == ("done", 4, 1)
        assert [one.ref for one in wishes.due(conn, ["contact"], NOW)] == [{"guide": "zs", "external_userid": "wmA1"}]
    assert callbacks.replay(ground, [shown.callback_id]) == 1
    assert callbacks.work(ground) == 1
    assert len(facts(ground)) == 1, "a replay records nothing twice"


def test_each_says_when_it_came_however_long_the_others_had_waited(ground: Ground, corp: Hand, clock: StillClock) -> None:
    """The earliest of a batch once stood for all: after a rest of the river, facts had been received hours before they happened."""
    corp.post(ADDED)
    clock.move(timedelta(hours=3))
    corp.post(ADDED.replace("wmA1", "wmA2"))
    assert callbacks.work(ground) == 2
    with ground.db.tx() as conn:
        came = conn.execute("select received_at from facts where type = 'contact.added' order by 1").fetchall()
    assert came == [(NOW,), (NOW + timedelta(hours=3),)]


def test_two_apps_of_one_corp_tell_one_fact(ground: Ground, corp: Hand, client: TestClient) -> None:
    with ground.db.tx() as conn:
        other = keep_account(
            ground, conn, kind="wecom", name="二", app_id=CORP, agent_id="2", secret="s", callback=CallbackKeys("another", KEY)
        )
    assert corp.post(ADDED) == 200
    assert Hand(ground, other, client).post(ADDED) == 200
    assert callbacks.work(ground) == 2
    assert [one[0] for one in facts(ground)] == ["contact.added"]


def test_a_hint_is_never_taken_for_its_duplicate(ground: Ground, corp: Hand) -> None:
    """The remark may have changed twice within one second: both events read the same."""
    corp.post(EDITED)
    callbacks.work(ground)
    with ground.db.tx() as conn:
        [first] = wishes.due(conn, ["contact"], NOW)
        corp.post(EDITED)
    callbacks.work(ground)
    with ground.db.tx() as conn:
        wishes.fulfil(conn, first)
        assert [one.ref for one in wishes.due(conn, ["contact"], NOW)] == [first.ref], "what was asked meanwhile stays"


def test_a_forged_one_is_refused_without_a_word_counted_and_not_kept(ground: Ground, corp: Hand) -> None:
    query, body = corp.closed(ADDED, CallbackKeys("wrong", KEY))
    answer = corp.client.post(corp.path, params=query, content=body)
    assert (answer.status_code, answer.text) == (403, "Refused.")
    query, _ = corp.closed(ADDED)
    assert corp.client.post(corp.path, params=query, content=b"<!DOCTYPE x><xml/>").status_code == 400
    assert corp.client.post(corp.path, params=query, content=b"x" * 300_000).status_code == 413
    assert corp.client.post(corp.path, content=b"").status_code in (400, 403)
    for path in ("/in/wecom/999999", "/in/wecom/" + "9" * 5000, "/in/wecom/abc", "/in/official/" + str(corp.account.account_id)):
        assert corp.client.post(path, params=query, content=body).status_code == 404
    assert states(ground) == {}
    with ground.db.tx() as conn:
        [count] = callbacks.counts(conn, NOW - timedelta(days=1))
    assert (count.account_id, count.received, count.refused) == (corp.account.account_id, 0, 4)


def test_during_a_rotation_both_sets_of_keys_are_right_and_after_it_stored_ones_still_open(ground: Ground, corp: Hand) -> None:
    old = corp.keys
    assert corp.post(ADDED) == 200
    with ground.db.tx() as conn:
        corp.account = rotate_keys(ground, conn, corp.account.account_id, callbacks.fresh_keys(VendorKind.WECOM))
    assert corp.keys != old
    later = ADDED.replace("wmA1", "wmA2")
    query, body = corp.closed(later, old)
    assert corp.client.post(corp.path, params=query, content=body).status_code == 200
    deadline = 200  # the keys of a moment ago are asked for again when they do not fit, but not at every blow
    while corp.post(later.replace("wmA2", "wmA3")) != 200:
        deadline -= 1
        assert deadline
    with ground.db.tx() as conn:
        use = callbacks.key_use(ground, conn, [corp.account], NOW - timedelta(days=1))[corp.account.account_id]
        assert [(one.place, one.deliveries, one.last_at) for one in use] == [(0, 1, NOW), (1, 2, NOW)], "one with the new, two with the old"
        assert rotation_state(use) is RotationState.MIXED
        assert rotation_state([replace(use[0], last_at=None), use[1]]) is RotationState.UNENTERED
        assert rotation_state([use[0], replace(use[1], deliveries=0)]) is RotationState.QUIET
        corp.account = retire_keys(ground, conn, corp.account.account_id)
        assert len(callbacks.key_use(ground, conn, [corp.account], NOW)[corp.account.account_id]) == 1
        assert rotation_state(use[:1]) is None
    assert callbacks.work(ground) == 3
    assert len(facts(ground)) == 3


def test_what_cannot_be_understood_is_tried_five_times_then_parked_shown_and_replayable(
    ground: Ground, corp: Hand, clock: StillClock
) -> None:
    assert corp.post("no xml at all") == 200, "it is the vendor's, so it is kept"
    assert corp.post(corp_event("change_external_contact", AT, ChangeType="add_external_contact", UserID="zs")) == 200
    assert corp.post(ADDED) == 200
    assert callbacks.work(ground) == 3
    assert len(facts(ground)) == 1, "the others hold up nobody"
    for _ in range(4):
        assert callbacks.work(ground) == 0
        clock.move(timedelta(seconds=20))
        assert callbacks.work(ground) == 2
    clock.move(timedelta(days=1))
    assert callbacks.work(ground) == 0
    with ground.db.tx() as conn:
        parked = callbacks.seen(conn, state="parked")
        assert [(one.kind, one.tries) for one in parked] == [
            ("change_external_contact.add_external_contact", 5), ("unreadable", 5),
        ]  # fmt: skip
        assert "ExternalUserID" in parked[0].error
        assert conn.execute("select count(*) from parked where released_at is null").fetchone() == (2,)
    assert callbacks.replay(ground, [parked[0].callback_id]) == 1
    with ground.db.tx() as conn:
        assert conn.execute("select count(*) from parked where released_at is null").fetchone() == (1,)
        assert [count.parked for count in callbacks.counts(conn, NOW)] == [1]


def test_an_unknown_event_is_done_with_a_note(ground: Ground, corp: Hand) -> None:
    corp.post(corp_event("a_new_thing", AT, ChangeType="made", UserID="zs"))
    corp.post(corp_event("change_external_contact", AT, ChangeType="a_new_change", UserID="zs", ExternalUserID="wmA1"))
    assert callbacks.work(ground) == 2
    with ground.db.tx() as conn:
        assert {(one.state, one.note) for one in callbacks.seen(conn)} == {("done", "unknown")}
    assert facts(ground) == []


def test_an_account_that_has_an_aes_key_takes_no_plain_callbacks(ground: Ground, official: Hand) -> None:
    """The signature of a plain one does not cover its body: whoever saw one could write what they like."""
    text = xml(ToUserName="gh", FromUserName="oA", CreateTime=AT, MsgType="text", Content="hi", MsgId="1")
    query, body = official.plain(text)
    assert official.client.post(official.path, params=query, content=body).status_code in (400, 403)
    with ground.db.tx() as conn:
        official.account = keep_account(
            ground, conn, kind="official", name="订", app_id=APP + "2", secret="s", callback=CallbackKeys("plain")
        )
    assert official.post(text) == 200
    query, body = official.plain(text)
    assert official.client.post(official.path, params=query | {"nonce": "x"}, content=body).status_code == 403


def test_the_secret_in_the_address_proves_text_messages(ground: Ground, aliyun: Hand) -> None:
    receipt = {"phone_number": "13800000001", "biz_id": "b1", "out_id": "7", "success": True, "err_code": "DELIVERED", "report_time": ""}
    wrong = aliyun.path.rpartition("/")[0] + "/" + "x" * 32
    assert aliyun.push([receipt], wrong).status_code == 403
    assert aliyun.push([receipt]).json()["code"] == 0
    assert aliyun.push("not rows").status_code == 400
    assert aliyun.client.post(aliyun.path, content=b"{").status_code == 400
    assert callbacks.work(ground) == 1
    [(type_, number, data)] = facts(ground)
    assert (type_, number) == ("receipt.received", "b1")
    assert data | {"vendor_id": "b1", "out_id": "7", "is_delivered": True} == data
    with ground.db.tx() as conn:
        [shown] = callbacks.seen(conn)
    assert "13800000001" not in repr(shown)


def test_old_ones_are_trimmed_by_the_setting_and_parked_ones_stay(ground: Ground, corp: Hand, clock: StillClock) -> None:
    corp.post(ADDED)
    callbacks.work(ground)
    clock.move(timedelta(days=callbacks.KEEP_DAYS, hours=-1))
    assert callbacks.tidy(ground) == 0
    clock.move(timedelta(hours=2))
    assert callbacks.tidy(ground) == 1
    assert corp.post(ADDED) == 200
    callbacks.work(ground)
    assert len(facts(ground)) == 1, "the fact knows itself again long after its callback is gone"


@pytest.mark.parametrize("kind", [VendorKind.WECOM, VendorKind.OFFICIAL, VendorKind.ALIYUN_SMS])
def test_fresh_keys_are_such_as_the_vendors_take(ground: Ground, kind: VendorKind) -> None:
    account = keep(ground, kind, "app", callbacks.fresh_keys(kind))
    assert callbacks.address(ground, account).startswith("http://127.0.0.1:8000/in/")


def test_a_plain_signature_is_what_the_documents_say() -> None:
    assert signature_of("AAAAA", "1714037059", "486452656") == "899cf89e464efb63f54ddac96b0a0a235f53aa78"


def test_only_one_worker_opens_callbacks_at_a_time(ground: Ground, corp: Hand, another_ground: Callable[[], Ground]) -> None:
    corp.post(ADDED)
    other = another_ground()
    with ground.db.tx() as conn:
        assert store.is_alone(conn)
        assert callbacks.work(other) == 0
    assert callbacks.work(other) == 1


def test_a_body_that_does_not_come_is_not_waited_for(corp: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["siyu.sources.callbacks.routes"], "_BODY_WITHIN", 0.01)
    sent: list[Any] = []

    async def never() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": corp.path, "raw_path": b"", "query_string": b"", "headers": [], "root_path": "",
        "scheme": "http", "http_version": "1.1", "server": ("h", 80), "client": ("c", 1),
    }  # fmt: skip
    asyncio.run(Starlette(routes=callbacks.routes(corp.ground))(scope, never, send))
    assert sent[0]["status"] == 408


def test_without_a_database_a_vendor_is_told_to_come_again(ground: Ground, corp: Hand) -> None:
    assert corp.post(ADDED) == 200
    ground.db.close()
    assert corp.post(ADDED.replace("wmA1", "wmA2")) == 503
