"""Connections over HTTP: what each page says when empty and when full, what an owner, an operator and a viewer may do, what is refused."""

from __future__ import annotations

import json
import re
import urllib.request
from datetime import timedelta
from typing import Any

from tests.sealing import seal
from tests.web import corp
from tests.web.conftest import Browse

from siyu import growth, pool, vendors
from siyu.base import jobs
from siyu.base.clock import StillClock
from siyu.base.ground import Ground
from siyu.pool import relations
from siyu.sources import callbacks, connecting, handing, sync
from siyu.vendors import VendorKind, callback_keys, keep_account, probes, secret_of
from siyu.web.connect.chats import health
from siyu.web.connect.store import ChatCount

PAGES = ("/connections", "/connection-health", "/callbacks", "/corp-tags", "/chat-groups", "/guides", "/handovers")


def post(base: str, path: str, given: dict[str, Any]) -> Any:
    request = urllib.request.Request(f"{base}{path}", json.dumps(given).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def look(base: str, path: str) -> Any:
    with urllib.request.urlopen(f"{base}{path}", timeout=30) as answer:
        return json.loads(answer.read())


def test_empty_pages_say_what_to_do_next_in_both_languages(browse: Browse) -> None:
    for role in ("owner", "viewer"):
        browser = browse(role)
        for path in PAGES:
            text = browser.look(path).text
            assert "empty" in text, path
            assert ("/connections/new/wecom" in text) == (role == "owner" and path == "/connections"), path
    browser.fill("/language", {"language": "en", "back": "/guides"})
    for path in PAGES:
        text = browser.look(path).text
        assert "web.connect" not in text and "web.health" not in text and "web.inbox" not in text and "web.tags" not in text, path


def test_a_corp_is_connected_checked_and_changed(browse: Browse, staffed: Ground, sandbox: str) -> None:
    post(sandbox, "/clock", {"shown_at": staffed.clock.now().isoformat(), "rate": 0})
    told = look(sandbox, "/sandbox/corp")
    app = told["apps"][0]
    owner, viewer, operator = browse("owner"), browse("viewer"), browse("operator")
    form = {"kind": "wecom", "name": "山茶集", "app_id": told["corpid"], "agent_id": str(app["agentid"]), "secret": app["secret"],
            "base_url": f"{sandbox}/wecom"}  # fmt: skip
    for missing in ("app_id", "secret", "agent_id"):
        wrong = owner.fill("/connections", form | {missing: ""})
        assert wrong.status_code == 422 and "is-wrong" in wrong.text and app["secret"] not in wrong.text, missing
    assert owner.fill("/connections", form | {"base_url": "http://crm.example.com"}).status_code == 422
    assert operator.fill("/connections", form).status_code == 403
    made = owner.fill("/connections", form)
    assert made.status_code == 303
    home = made.headers["location"]
    assert owner.fill("/connections", form).status_code == 422, "twice the same"
    with staffed.db.tx() as conn:
        account = vendors.accounts(conn)[0]
    keys = callback_keys(staffed.vault, account)[0]
    waits = owner.look(home).text
    assert (
        "检查已排队" in waits
        and f'hx-get="{home}?see=basics" hx-trigger="every 1s"' in waits
        and "<progress" in viewer.look("/connections").text
    )
    assert probes.advance(staffed) == 1 and probes.advance(staffed) == 0
    text = owner.look(home).text
    assert "every 1s" not in text and app["secret"] not in text and keys.token in text and keys.aes_key in text, (
        "only the keys for the vendor's console are shown"
    )
    assert "还没有检查" not in text and "可信 IP" in text
    for browser in (viewer, operator):
        seen = browser.look(home).text
        assert keys.token not in seen and keys.aes_key not in seen
    post(sandbox, "/sandbox/corp/apps", {"agentid": app["agentid"], "trusted_ips": ["203.0.113.9"]})
    assert viewer.fill(f"{home}/check", {}).status_code == 403
    for _ in range(2):  # pressed twice: one check
        assert operator.fill(f"{home}/check", {}).status_code == 303
    before = viewer.look(f"{home}?see=rights", **{"hx-request": "true"}).text
    assert "<html" not in before and "上次：正常" in before and "企业标签" in before, "what was found last stays until the new answer"
    halves: list[str] = []

    def half(names: tuple[str, ...], done: int) -> None:
        with staffed.db.tx() as conn:
            conn.execute("update vendor_check_runs set state = 'running', names = %s, done_n = %s", [list(names), done])
        halves.append(viewer.look(f"{home}?see=basics", **{"hx-request": "true"}).text)

    probes.probe(staffed, account, told=half)
    assert [f"{done} / 14" in text for done, text in zip((0, 3), halves, strict=False)] == [True, True]
    assert "60020" not in halves[0] and "60020" in halves[1], "each answer is shown as it comes"
    with staffed.db.tx() as conn:
        conn.execute("update vendor_check_runs set lease_until = now() - interval '1 minute'")  # its worker died
    assert probes.advance(staffed) == 1 and probes.advance(staffed) == 0
    with staffed.db.tx() as conn:
        done = [job.state for job in jobs.recent(conn) if job.kind == "check"]
    assert done == ["done", "done"]
    ill = viewer.look(home).text
    assert "60020" in ill and "企业可信 IP" in ill, "the code, and the place where it is mended"
    assert "1 项要处理" in viewer.look("/connections").text
    post(sandbox, "/sandbox/corp/apps", {"agentid": app["agentid"], "trusted_ips": []})

    assert owner.fill(f"{home}/keys", {}).status_code == 303
    with staffed.db.tx() as conn:
        now = vendors.account(conn, account.account_id)
    assert len(both := callback_keys(staffed.vault, now)) == 2 and both[1] == keys
    turning = owner.look(home).text
    assert both[0].token in turning and "新的一组还没有用上" in turning and "旧密钥：近 24 小时还有 0 次，还没有收到过" in turning
    assert owner.fill(f"{home}/keys/retire", {}).status_code == 303
    with staffed.db.tx() as conn:
        assert callback_keys(staffed.vault, vendors.account(conn, account.account_id)) == both[:1]

    assert owner.fill(home, {"name": "改名", "app_id": told["corpid"], "agent_id": str(app["agentid"]), "secret": ""}).status_code == 303
    assert owner.fill(f"{home}/base", {"base_url": "", "secret": ""}).status_code == 422, "the other side's secret is wanted"
    assert owner.fill(f"{home}/base", {"base_url": "", "secret": "real-secret", "app_id": "wwreal"}).status_code == 303
    with staffed.db.tx() as conn:
        real = vendors.account(conn, account.account_id)
    assert (real.name, real.base_url, real.app_id) == ("改名", "https://qyapi.weixin.qq.com", "wwreal")
    assert secret_of(staffed.vault, real) == "real-secret" and callback_keys(staffed.vault, real)[0] not in both
    assert "正式" in viewer.look("/connections").text
    with staffed.db.tx() as conn:
        assert not probes.checks(conn, account.account_id), "what was found of the sandbox is not true of the vendor"
    assert owner.fill(f"{home}/switch", {}).status_code == 303
    assert owner.fill(f"{home}/check", {}).status_code == 422, "off"
    assert probes.advance(staffed) == 1, "asked for before it was switched off"
    assert "检查没有做完" in owner.look(home).text
    assert owner.fill(f"{home}/forget", {}).status_code == 303
    assert owner.look(home).status_code == 404
    with staffed.db.tx() as conn:
        log = str(conn.execute("select what, detail::text from staff_log").fetchall())
    assert "connection.made" in log and app["secret"] not in log and "real-secret" not in log and keys.token not in log


def test_the_sandbox_is_connected_by_its_button_and_its_health_is_shown(browse: Browse, staffed: Ground, sandbox: str) -> None:
    post(sandbox, "/clock", {"shown_at": staffed.clock.now().isoformat(), "rate": 0})
    owner, viewer = browse("owner"), browse("viewer")
    none = owner.fill("/connections/sandbox", {"base": "https://crm.example.com"})
    assert none.status_code == 422 and "沙盒只能在自己的网络里" in none.text and "is-wrong" in none.text
    assert owner.fill("/connections/sandbox", {"base": "http://127.0.0.1:1"}).status_code == 303
    assert connecting.advance(staffed) == 1 and connecting.advance(staffed) == 0
    nobody = owner.look("/connections").text
    assert "这个地址没有沙盒应答" in nobody and "python -m siyu.sandbox" in nobody and 'value="http://127.0.0.1:1"' in nobody
    for _ in range(2):  # pressed twice: one job
        assert owner.fill("/connections/sandbox", {"base": f"{sandbox}/"}).status_code == 303
    assert "正在接入另一个沙盒" in owner.fill("/connections/sandbox", {"base": "http://127.0.0.1:1"}).text
    waits = owner.look("/connections?see=sandbox", **{"hx-request": "true"}).text
    assert "<html" not in waits and "已排队" in waits and "every 1s" in waits and "<form" not in waits
    with staffed.db.tx() as conn:  # a worker took it and died
        conn.execute("update jobs set state = 'running', beat_at = now() - interval '1 hour' where kind = 'sandbox' and state = 'waiting'")
    assert connecting.advance(staffed) == 1 and connecting.advance(staffed) == 0
    with staffed.db.tx() as conn:
        ran = [(one.state, one.done, one.total) for one in jobs.recent(conn) if one.kind == "sandbox"]
    assert sorted(ran) == [("done", 5, 5), ("failed", 0, None)]
    text = owner.look("/connections").text
    assert text.count("沙盒企业微信") >= 2 and "打不通我们的回调地址" in text, "our server does not listen here; it says so"
    assert "接入沙盒" in viewer.look("/jobs").text
    while probes.advance(staffed):
        pass
    with staffed.db.tx() as conn:
        accounts = vendors.accounts(conn)
    assert {one.kind for one in accounts} == set(VendorKind)
    shown = viewer.look("/connection-health").text
    for said in ("get_api_domain_ip", "QuerySendDetails", "访问凭证", "p95"):
        assert said in shown, said
    corp_account = next(one for one in accounts if one.kind == VendorKind.WECOM)
    drawer = viewer.look(
        f"/connection-health/calls?account={corp_account.account_id}&interface=get_api_domain_ip", **{"hx-request": "true"}
    )
    assert "<html" not in drawer.text and "ms" in drawer.text
    assert viewer.look("/connection-health?hours=168").status_code == 200


def test_callbacks_are_listed_masked_filtered_and_replayed(browse: Browse, staffed: Ground) -> None:
    with staffed.db.tx() as conn:
        account = vendors.keep_account(
            staffed,
            conn,
            kind="wecom",
            name="山茶集",
            app_id="wwcorp",
            agent_id="1",
            secret="s",
            callback=callbacks.fresh_keys(VendorKind.WECOM),
        )
    keys = callback_keys(staffed.vault, account)[0]
    visitor, operator, viewer = browse(), browse("operator"), browse("viewer")
    path = callbacks.address(staffed, account).removeprefix(staffed.config.base_url)
    echo = seal(keys, "wwcorp", "hello", timestamp="1700000000", nonce="n0")
    answer = visitor.get(path, params={"msg_signature": echo.signature, "timestamp": "1700000000", "nonce": "n0", "echostr": echo.encrypt})
    assert answer.text == "hello"
    with staffed.db.tx() as conn:
        assert account.account_id in probes.echoed_at(conn)
    assert "已验证" in viewer.look("/connections").text

    def tell(n: int) -> tuple[dict[str, str], str]:
        text = (f"<xml><ToUserName>wwcorp</ToUserName><FromUserName>sys</FromUserName><CreateTime>{1700000000 + n}</CreateTime>"
                "<MsgType>event</MsgType><Event>change_external_contact</Event><ChangeType>add_external_contact</ChangeType>"
                f"<UserID>zs</UserID><ExternalUserID>wm{n}</ExternalUserID><WelcomeCode>SECRETCODE{n}</WelcomeCode></xml>")  # fmt: skip
        sealed = seal(keys, "wwcorp", text, timestamp="1700000000", nonce=f"n{n}")
        body = f"<xml><ToUserName>wwcorp</ToUserName><Encrypt>{sealed.encrypt}</Encrypt></xml>"
        query = {"msg_signature": sealed.signature, "timestamp": "1700000000", "nonce": f"n{n}"}
        assert visitor.post(path, params=query, content=body).status_code == 200
        return query, body

    query, body = [tell(n) for n in range(3)][-1]
    assert visitor.post(path, params=query | {"msg_signature": "0" * 40}, content=body).status_code == 403
    refused = viewer.look("/callbacks").text
    text, _, noes = refused.partition('id="noes"')
    assert "签名或密文不对" in noes and "2026-11-20" in noes
    assert "change_external_contact" in text and "等待处理" in text and "SECRETCODE" not in text
    assert 'name="ids"' not in text
    callbacks.work(staffed, 10)
    assert "正常接收" in viewer.look("/connections").text
    with staffed.db.tx() as conn:
        rows = callbacks.seen(conn)
        facts = conn.execute("select count(*) from facts").fetchone()
    assert {row.state for row in rows} == {"done"} and facts[0] >= 3
    assert viewer.fill("/callbacks/replay", {"ids": [rows[0].callback_id]}).status_code == 403
    nothing = operator.fill("/callbacks/replay", {"back": "/callbacks?state=done"})
    assert (nothing.status_code, nothing.headers["location"]) == (303, "/callbacks?state=done"), "told in the inbox itself"
    sent = operator.fill("/callbacks/replay", {"ids": [row.callback_id for row in rows[:2]], "back": "//evil.example"})
    assert sent.status_code == 303 and sent.headers["location"] == "/callbacks"
    with staffed.db.tx() as conn:
        assert sorted(row.state for row in callbacks.seen(conn)) == ["done", "new", "new"]
    callbacks.work(staffed, 10)
    with staffed.db.tx() as conn:
        assert conn.execute("select count(*) from facts").fetchone() == facts, "replayed: nothing happens twice"
    with staffed.db.tx() as conn:
        chosen = [row.callback_id for row in rows[:2]]
        conn.execute("update callbacks set state = 'parked', error = 'KeyError', tries = 5 where callback_id = any(%s)", [chosen])
    parked = operator.look("/callbacks?state=parked").text
    assert parked.count("KeyError") == 2 and "试过 5 次" in parked
    assert operator.fill("/callbacks/replay", {"all": "parked"}).status_code == 303
    with staffed.db.tx() as conn:
        assert [row.state for row in callbacks.seen(conn)].count("new") == 2
    assert "change_external_contact" not in viewer.look(f"/callbacks?account={account.account_id + 1}").text.split('id="rows"')[1]
    assert "0.00" in viewer.look("/connection-health").text
    for n in range(3, 18):
        tell(n)
    text = viewer.look("/callbacks").text
    assert text.count('<tr class="wide-only">') == 3, "a phone shows fifteen of them"
    (after,) = re.findall(r'<a class="narrow-only" rel="next" href="/callbacks\?before=(\d+)"', text)
    rest = viewer.look(f"/callbacks?before={after}").text
    assert re.findall(r"#(\d+) ·", rest) == re.findall(r"#(\d+) ·", text)[15:], "and goes on from its own last row"


def test_tags_are_governed_here_and_changed_at_the_corp(browse: Browse, staffed: Ground, sandbox: str, clock: StillClock) -> None:
    post(sandbox, "/clock", {"shown_at": staffed.clock.now().isoformat(), "rate": 0})
    told = look(sandbox, "/sandbox/corp")
    app = told["apps"][0]
    corp.settle(staffed)
    operator, viewer = browse("operator"), browse("viewer")
    text = viewer.look("/corp-tags").text
    assert "没有可用的企业微信账号" not in text and "周敏" in text and 'action="/corp-tags"' not in text
    for view, (there, not_there) in {
        "unused": ("没人用", "金卡"), "overdue": ("双十一", "金卡"), "ownerless": ("金卡", "双十一"),
    }.items():  # fmt: skip
        rows = viewer.look(f"/corp-tags?view={view}").text.split('id="rows"')[1].split("views", 1)[1].split("</nav>", 1)[1]
        assert there in rows and not_there not in rows, view
    one = f"/corp-tags/{corp.CORP}/t-gold"
    assert viewer.fill(one, {"owner": "我"}).status_code == 403
    assert operator.fill(one, {"owner": "李雷", "meaning": "年消费过万", "days": "365"}).status_code == 303
    assert operator.fill(one, {"days": "-1"}).status_code == 422
    drawer = viewer.look(one, **{"hx-request": "true"}).text
    assert "李雷" in drawer and "365 天" in drawer and "<html" not in drawer and 'action="' not in drawer
    assert operator.fill(f"{one}/delete", {}).status_code == 422, "its corp is not connected"

    with staffed.db.tx() as conn:
        account = vendors.keep_account(
            staffed, conn, kind="wecom", name="沙盒", app_id=told["corpid"], agent_id=str(app["agentid"]), secret=app["secret"],
            base_url=f"{sandbox}/wecom",
        )  # fmt: skip
    number = str(account.account_id)
    made = operator.fill("/corp-tags", {"account": number, "group_name": "偏好", "names": "护肤，香薰,护肤", "group_id": ""})
    assert made.status_code == 303
    with staffed.db.tx() as conn:
        mine = {tag.name: tag for tag in relations.tags(conn, told["corpid"])}
    assert set(mine) == {"护肤", "香薰"}
    for wrong in ({"names": ""}, {"group_name": ""}, {"names": "长" * 31}, {"account": "999"}):
        assert (
            operator.fill("/corp-tags", {"account": number, "group_name": "偏好", "names": "x", "group_id": ""} | wrong).status_code == 422
        )
    assert operator.fill("/corp-tags/budget", {"most": "2"}).status_code == 403
    assert browse("owner").fill("/corp-tags/budget", {"most": "2"}).status_code == 303
    full = operator.fill("/corp-tags", {"account": number, "group_name": "偏好", "names": "再来一个", "group_id": ""})
    assert full.status_code == 422 and "超过上限 2" in full.text
    home = f"/corp-tags/{told['corpid']}/{mine['护肤'].tag_id}"
    assert operator.fill(f"{home}/rename", {"name": "肌肤护理"}).status_code == 303
    assert operator.fill(f"/corp-tags/{told['corpid']}/{mine['香薰'].tag_id}/delete", {}).status_code == 303
    assert operator.fill("/corp-tags/fetch", {}).status_code == 303
    with staffed.db.tx() as conn:
        assert [tag.name for tag in relations.tags(conn, told["corpid"])] == ["肌肤护理"], "the corp says the same"
    by_hand = post(sandbox, "/sandbox/corp/tags", {"group": "后台", "tags": ["管理员建的"]})
    operator.fill("/corp-tags/fetch", {})
    with staffed.db.tx() as conn:
        theirs = next(tag for tag in relations.tags(conn, told["corpid"]) if tag.name == "管理员建的")
    refused = operator.fill(f"/corp-tags/{told['corpid']}/{theirs.tag_id}/delete", {})
    assert by_hand and refused.status_code == 422 and "40068" in refused.text, "WeCom lets an app change only its own; said with the code"
    corp_id, tag = told["corpid"], mine["护肤"].tag_id
    began = staffed.clock.now()
    post(sandbox, "/sandbox/corp/members", {"members": [{"userid": "zs", "name": "张三"}]})
    since = int((began - timedelta(days=9)).timestamp())
    post(sandbox, "/sandbox/corp/contacts", {"contacts": [{"external_userid": "wmTagged", "userid": "zs", "createtime": since}]})
    post(sandbox, "/sandbox/corp/deeds/edit", {"userid": "zs", "customer": "wmTagged", "add_tags": [tag]})
    sync.start(staffed, account.account_id)

    def settle() -> None:
        while sync.advance(staffed) + pool.fold(staffed) + relations.follow(staffed):
            pass

    def carried() -> tuple[list[str], list[str]]:
        there = look(sandbox, "/sandbox/corp/truth/contacts?limit=100")["follows"]
        with staffed.db.tx() as conn:
            here = conn.execute("select tags from contacts where corp = %s and guide = 'zs'", [corp_id]).fetchone()[0]
        return next(one["tags"] for one in there if one["external_userid"] == "wmTagged"), here

    settle()
    assert carried() == ([tag], [tag])
    assert operator.fill(f"/corp-tags/{corp_id}/{tag}", {"days": "30"}).status_code == 303
    assert growth.end_tags(staffed) == 0, "it was put on today"
    clock.move(timedelta(days=31))
    post(sandbox, "/clock", {"shown_at": staffed.clock.now().isoformat(), "rate": 0})
    assert growth.end_tags(staffed) == 1
    settle()
    assert carried() == ([], []) and growth.end_tags(staffed) == 0, "taken off at the corp and here, once"
    assert "近 30 天已摘 1 个" in browse("viewer").look("/corp-tags").text


def test_chats_and_guides_count_people_once(browse: Browse, staffed: Ground) -> None:
    corp.settle(staffed)
    viewer = browse("viewer")
    chats = viewer.look("/chat-groups").text
    assert ">28<" in chats and "31 个群成员" in chats, "31 seats: 32 joins, one left; 29 accounts, two of which are one person"
    assert "已解散" in chats and "会员群 1" in chats
    guides = viewer.look("/guides").text
    assert "静安店" in guides and "徐汇店" in guides and "已离职" in guides and "28 个好友关系" in guides and ">27<" in guides
    for sort in ("size", "-joins", "elsewhere", "nonsense"):
        assert viewer.look(f"/chat-groups?sort={sort}").status_code == 200


def test_customers_are_handed_over(browse: Browse, staffed: Ground) -> None:
    corp.settle(staffed)
    now = staffed.clock.now()
    viewer, operator = browse("viewer"), browse("operator")
    given = {"from": f"{corp.CORP} gone", "to": f"{corp.CORP} ls", "most": "1"}
    assert "先在「连接」页面" in operator.fill("/handovers", given).text, "no account of the corp"
    with staffed.db.tx() as conn:
        keep_account(
            staffed, conn, kind="wecom", name="品牌", app_id=corp.CORP, agent_id="1", secret="s", base_url="http://127.0.0.1:9/wecom"
        )
        handing.keep_waiting(conn, corp.CORP, [("gone", "wm0002", now), ("gone", "wm0005", now)], now)
    text = viewer.look("/handovers").text
    assert "王五" in text and "等待分配" in text and "<form" not in text.partition("等待分配")[2].partition("交接记录")[0]
    assert viewer.fill("/handovers", given).status_code == 403
    operator.fill("/handovers", given)
    assert "1 位客户开始交接" in operator.look("/handovers").text
    text = viewer.look("/handovers").text
    assert "wm0002" in text and "待提交" in text and "wm0005" not in text
    assert "的 1 位客户交给所选导购" in operator.look("/handovers").text, "one of the two is on the way"
    operator.fill("/handovers", given | {"most": ""})
    text = operator.look("/handovers").text
    assert "1 位未受理：正在交接中" in text
    waits = text.partition("等待分配</h2>")[2].partition("等待新群主")[0]
    assert "王五" in waits and "交接中</span>" in waits and "<form" not in waits, "all are on their way: nothing is left to be asked"
    told = operator.fill("/handovers", given)
    assert told.status_code == 422 and "正在交接中" in told.text
    for wrong in ({"to": f"{corp.CORP} gone"}, {"to": "wwother zs"}, {"most": "0"}, {"from": f"{corp.CORP} nobody"}):
        assert operator.fill("/handovers", given | wrong).status_code == 422, wrong


def test_the_health_of_a_chat_is_a_word() -> None:
    chat = relations.ChatGroup("c", "1")

    def word(size: int, joins: int, leaves: int) -> str:
        return health(chat, ChatCount(size, 0, 0, joins, leaves, None, 0))

    assert [word(0, 0, 3), word(50, 0, 0), word(50, 3, 9), word(50, 3, 4), word(50, 4, 3), word(50, 3, 3)] == [
        "empty", "quiet", "shrinking", "steady", "growing", "steady",
    ]  # fmt: skip


def test_runs_of_the_sync_are_shown(browse: Browse, staffed: Ground) -> None:
    with staffed.db.tx() as conn:
        account = vendors.keep_account(staffed, conn, kind="wecom", name="山茶集", app_id="wwcorp", agent_id="1", secret="s")
    assert "还没有同步过" in browse("viewer").look("/connection-health").text
    home = f"/connections/{account.account_id}"
    assert "开始首次同步" in browse("operator").look(home).text and "开始首次同步" not in browse("viewer").look(home).text
    assert browse("operator").fill(f"{home}/walk", {}).status_code == 303
    walking = browse("viewer").look(f"{home}?see=walk", **{"hx-request": "true"}).text
    assert "every 2s" in walking and "首次同步" in walking
    with staffed.db.tx() as conn:
        assert [run.kind for run in sync.runs(conn)] == ["first"]
    text = browse("viewer").look("/connection-health").text
    assert "首次同步" in text and "还没有同步过" not in text and "web.job_" not in text
