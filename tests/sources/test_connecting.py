"""A running sandbox is connected with one word, twice without doubling; live checks say exactly what is shut and where to mend it."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.sealing import seal

from siyu import growth, pool
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.growth import CodeGuide, CodeKind, Draft, LiveCode
from siyu.sources import callbacks, sync
from siyu.sources.callbacks import InboxCount
from siyu.sources.connecting import CallbackState, callback_state, connect_sandbox, is_sandboxed
from siyu.vendors import (
    Account,
    CallbackKeys,
    VendorKind,
    accounts,
    callback_keys,
    explain,
    keep_account,
    probes,
    secret_of,
    trace,
    wecom,
)


def _post(base: str, path: str, given: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(f"{base}{path}", json.dumps(given).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return dict(json.loads(answer.read()))


@pytest.fixture
def connected(ground: Ground, sandbox: str) -> dict[VendorKind, Account]:
    _post(sandbox, "/clock", {"shown_at": ground.clock.now().isoformat(), "rate": 0})
    return {one.account.kind: one.account for one in connect_sandbox(ground, sandbox)}


def _states(ground: Ground, account: Account) -> dict[str, tuple[str, str]]:
    return {one.name: (one.state.value, one.code) for one in probes.probe(ground, account)}


def test_a_sandbox_is_connected_once_however_often_it_is_asked(ground: Ground, sandbox: str, connected: dict[VendorKind, Account]) -> None:
    assert set(connected) == set(VendorKind) and all(is_sandboxed(one) for one in connected.values())
    keys = {kind: callback_keys(ground.vault, one) for kind, one in connected.items()}
    assert all(len(k) == 1 for k in keys.values())
    again = connect_sandbox(ground, sandbox)
    with ground.db.tx() as conn:
        assert len(accounts(conn)) == len(VendorKind)
    assert not any(one.is_new for one in again)
    assert {one.account.kind: callback_keys(ground.vault, one.account) for one in again} == keys, "keys in use stay"
    knocked = {one.account.kind for one in again if one.trouble}
    assert knocked == {VendorKind.WECOM, VendorKind.OFFICIAL, VendorKind.MINI}, "our server does not run: the sandbox says so"
    for wrong in ("ftp://127.0.0.1", "http://127.0.0.1:1", "https://crm.example.com"):
        with pytest.raises(InputError):
            connect_sandbox(ground, wrong)


def test_checks_find_what_is_open_and_what_is_shut(ground: Ground, sandbox: str, connected: dict[VendorKind, Account]) -> None:
    corp = connected[VendorKind.WECOM]
    _post(sandbox, "/sandbox/corp/members", {"corp": corp.app_id, "members": [{"userid": "zs", "name": "张三"}]})
    found = _states(ground, corp)
    assert {name for name, (state, _) in found.items() if state == "good"} >= {
        "address", "secret", "ip", "guides", "customers", "tags", "ways", "groups", "mass", "moments", "handover",
    }, found  # fmt: skip
    for kind in (VendorKind.MINI, VendorKind.ALIYUN_SMS, VendorKind.TENCENT_SMS):
        assert {state for state, _ in _states(ground, connected[kind]).values()} == {"good"}, kind
    official = _states(ground, connected[VendorKind.OFFICIAL])
    assert official["unionid"] == ("watch", "no_fans") and official["fans"][0] == official["templates"][0] == "good", official

    _post(sandbox, "/sandbox/corp/apps", {"corp": corp.app_id, "agentid": int(corp.agent_id), "trusted_ips": ["203.0.113.9"]})
    shut = _states(ground, corp)
    assert shut["ip"] == ("bad", "60020") and shut["secret"][0] == shut["address"][0] == "good"
    assert {shut[name][0] for name in ("guides", "tags", "desk")} == {"skipped"}
    assert "可信 IP" in explain(corp.kind, "60020").remedy
    _post(sandbox, "/sandbox/corp/apps", {"corp": corp.app_id, "agentid": int(corp.agent_id), "trusted_ips": [], "may_customers": False})
    closed = _states(ground, corp)
    assert closed["ip"] == ("good", "") and closed["guides"][0] == "bad" and closed["tags"][0] == "watch", closed
    _post(sandbox, "/sandbox/corp/apps", {"corp": corp.app_id, "agentid": int(corp.agent_id), "may_customers": True})
    with ground.db.tx() as conn:
        assert {one.name for one in probes.checks(conn, corp.account_id)} == set(closed)
        assert {call.interface for call in trace(conn, corp.account_id, limit=500)} >= {"get_api_domain_ip", "externalcontact/list"}
        tokens = probes.standing(conn).tokens
    assert {one.account_id for one in tokens if one.purpose == "access"} >= {corp.account_id}


def test_a_wrong_secret_and_a_dead_address_are_told_apart(ground: Ground, connected: dict[VendorKind, Account]) -> None:
    def other(kind: VendorKind, **change: Any) -> Account:
        one = connected[kind]
        fields = {"secret": secret_of(ground.vault, one), "base_url": one.base_url, "app_id": one.app_id, "agent_id": one.agent_id} | change
        with ground.db.tx() as conn:
            return keep_account(ground, conn, kind=kind, name="x", account_id=one.account_id, **fields)

    for kind in VendorKind:
        found = _states(ground, other(kind, secret="not-the-secret"))
        assert found["secret"][0] == "bad" and found["address"][0] == "good" and found["ip"][0] == "skipped", (kind, found)
        assert explain(kind, found["secret"][1]).remedy
    found = _states(ground, other(VendorKind.WECOM, base_url="http://127.0.0.1:1"))
    assert found["address"] == ("bad", "not_sent") and {found[n][0] for n in ("secret", "ip", "guides")} == {"skipped"}


def _walk(ground: Ground, account: Account) -> None:
    sync.start(ground, account.account_id)
    for _ in range(200):
        did = sync.advance(ground) + pool.fold(ground) + pool.relations.follow(ground)
        if not did:
            break
    with ground.db.tx() as conn:
        assert [run.state for run in sync.runs(conn, account.account_id, 1)] == ["done"]


def test_going_to_the_real_corp_is_a_change_of_settings_only(ground: Ground, sandbox: str, connected: dict[VendorKind, Account]) -> None:
    """Two corps that know nothing of each other, with guides and customers of the same names: the second one plays the real one."""
    tried = connected[VendorKind.WECOM]
    real = _post(sandbox, "/sandbox/corp", {"corpid": "wwthereal1corp", "name": "山茶集"})
    since = int((ground.clock.now() - timedelta(days=3)).timestamp())
    for corp, count in ((tried.app_id, 3), (real["corpid"], 2)):
        members = [{"userid": "zs", "name": "张三"}, *([{"userid": "ls", "name": "李四"}] if corp == tried.app_id else [])]
        _post(sandbox, "/sandbox/corp/members", {"corp": corp, "members": members})
        people = [
            {"external_userid": f"wmSame{n}" if n else f"wm{corp}", "name": f"客{n}", "userid": "zs", "createtime": since}
            for n in range(count)
        ]
        _post(sandbox, "/sandbox/corp/contacts", {"corp": corp, "contacts": people})
    wecom.Client(ground, tried).add_tags(["老客", "新品"], group_name="来源")
    _walk(ground, tried)
    hung, link = _codes(ground, tried)
    client = TestClient(Starlette(routes=callbacks.routes(ground)))
    path = callbacks.address(ground, tried).removeprefix(ground.config.base_url)

    def told(keys: CallbackKeys, corp: str, who: str, state: str = "") -> int:
        event = {"ToUserName": corp, "CreateTime": since, "MsgType": "event", "Event": "change_external_contact",
                 "ChangeType": "add_external_contact", "UserID": "zs", "ExternalUserID": who, "State": state}  # fmt: skip
        text = f"<xml>{''.join(f'<{name}>{value}</{name}>' for name, value in event.items())}</xml>"
        sealed = seal(keys, corp, text, timestamp="1", nonce="n")
        query = {"msg_signature": sealed.signature, "timestamp": "1", "nonce": "n"}
        return client.post(path, params=query, content=f"<xml><Encrypt>{sealed.encrypt}</Encrypt></xml>").status_code

    old = callback_keys(ground.vault, tried)[0]
    assert told(old, tried.app_id, "wmLate", hung.state) == 200, "and the account is switched before anybody opens it"
    with ground.db.tx() as conn:
        app = real["apps"][0]
        there = keep_account(
            ground, conn, kind=VendorKind.WECOM, account_id=tried.account_id, name=tried.name, app_id=real["corpid"],
            agent_id=str(app["agentid"]), secret=app["secret"], base_url=tried.base_url.replace("127.0.0.1", "localhost"),
            callback=callbacks.fresh_keys(VendorKind.WECOM),
        )  # fmt: skip
        probes.forget(conn, there.account_id)
        assert not probes.checks(conn, there.account_id) and there.account_id not in probes.echoed_at(conn)
    assert _states(ground, there)["guides"] == ("good", "")
    with ground.db.tx() as conn:
        assert growth.stranded(conn, growth.codes(conn)) == {hung.code_id, link.code_id}
        with pytest.raises(InputError, match="guides is there"):
            growth.renew(ground, conn, hung.code_id, there.account_id)  # nobody is known of the new corp yet
        with pytest.raises(InputError, match="not connected"):
            growth.change(ground, conn, hung.code_id, hung.draft)
        conn.execute("update live_code_guides set daily_cap = 0 where guide = 'zs'")  # it is another's turn
    assert growth.tell(ground) == 0, "the new corp is not told of the old one's codes"
    with ground.db.tx() as conn:
        conn.execute("update live_code_guides set daily_cap = 30 where guide = 'zs'")
    wecom.Client(ground, there).add_tags(["老客"], group_name="来源")
    _walk(ground, there)
    with ground.db.tx() as conn:
        guides = [(one.corp, one.guide) for one in pool.relations.guides(conn)]
        found = pool.relations.contacts_of(conn, list(range(1, 200)))
    assert set(guides) >= {(tried.app_id, "zs"), (real["corpid"], "zs")}, "two guides of one userid, each of their own corp"
    load = Counter(one.corp for its in found.values() for one in its)
    assert load == {tried.app_id: 3, real["corpid"]: 2}, "what the sandbox left stays, and stays apart"
    assert len(found) == 5, "wmSame1 of one corp is somebody else than wmSame1 of the other"
    assert all(len({one.corp for one in its}) == 1 for its in found.values())

    new = callback_keys(ground.vault, there)[0]
    for _ in range(200):  # the keys of a moment ago are asked for again when they do not fit, but not at every blow
        if told(new, real["corpid"], "wmNew", hung.state) == 200:
            break
    renewed = _renewed(ground, there, hung, link)
    assert [told(*one, "wmNew", hung.state) for one in ((old, tried.app_id), (new, tried.app_id), (new, real["corpid"]))] == [403, 403, 200]
    assert callbacks.work(ground) == 2
    while pool.fold(ground) or pool.relations.follow(ground):
        pass
    with ground.db.tx() as conn:
        found = pool.relations.contacts_of(conn, list(range(1, 200)))
    load = Counter(one.corp for its in found.values() for one in its)
    assert load == {tried.app_id: 4, real["corpid"]: 3}, "what came before the change is the old corp's, whenever it is opened"
    while growth.advance(ground):
        pass
    with ground.db.tx() as conn:
        now = ground.clock.now()
        funnels = growth.funnels(conn, [hung.code_id, renewed.code_id], now - timedelta(days=9), now, "Asia/Shanghai")
    assert (funnels[hung.code_id].adds, funnels[renewed.code_id].adds) == (1, 1), "each corp's adds stay with its own code"


def _codes(ground: Ground, tried: Account) -> list[LiveCode]:
    """A live code and an acquisition link of the corp that is tried."""
    with ground.db.tx() as conn:
        tags = tuple(one.tag_id for one in pool.relations.tags(conn, tried.app_id))
        team = (CodeGuide("zs", daily_cap=30), CodeGuide("ls"))
        made = [
            growth.make(ground, conn, Draft("门店台卡", tried.account_id, guides=team, corp_tags=tags, cost_minor=200)),
            growth.make(ground, conn, Draft("抖音投放", tried.account_id, CodeKind.LINK, guides=team)),
        ]
    assert growth.tell(ground) == 2
    with ground.db.tx() as conn:
        return [growth.code(conn, one.code_id) for one in made]


def _renewed(ground: Ground, there: Account, hung: LiveCode, link: LiveCode) -> LiveCode:
    """Both made anew for the real corp; gives the live code."""
    with ground.db.tx() as conn:
        codes = [growth.renew(ground, conn, one.code_id, there.account_id, by="operator") for one in (hung, link)]
    (made, left), (made_link, _) = codes
    assert (left.guides, left.tags, left.chats) == (("ls",), ("新品",), ())
    assert growth.tell(ground) == 2
    with ground.db.tx() as conn:
        code, its_link, before = (growth.code(conn, one.code_id) for one in (made, made_link, hung))
        names = {one.tag_id: one.name for one in pool.relations.tags(conn, there.app_id)}
        assert growth.code_of_state(conn, hung.state) == code, "a sheet that hangs leads on to the new one"
        assert not growth.stranded(conn, [code, its_link]), "they are the connected corp's"
    assert (code.corp, code.state, code.draft.name, code.draft.cost_minor) == (there.app_id, hung.state, "门店台卡", 200)
    assert [one.guide for one in code.draft.guides] == ["zs"] and [names[tag] for tag in code.draft.corp_tags] == ["老客"]
    way = wecom.Client(ground, there).contact_way(code.config_id)
    assert (way.state, list(way.user)) == (hung.state, ["zs"]) and code.qr_code != hung.qr_code, "made at the real corp"
    assert its_link.url and its_link.url != link.url and before.closed_at is not None and before.config_id == hung.config_id
    return code


def test_how_far_callbacks_are(ground: Ground) -> None:
    now = ground.clock.now()
    silent, forged = InboxCount(1, 0, 0, 0, 0, 0, 0, None, None, None), InboxCount(1, 0, 0, 0, 0, 0, 4, None, None, None)
    heard = InboxCount(1, 3, 3, 0, 0, 3, 4, now, None, 0.1)
    assert callback_state(False, None, None) == CallbackState.NONE
    assert callback_state(True, None, None) == callback_state(True, None, silent) == CallbackState.WAITING
    assert callback_state(True, now, silent) == CallbackState.PROVEN
    assert callback_state(True, now, forged) == CallbackState.REFUSED
    assert callback_state(True, None, heard) == CallbackState.HEARD
