"""The pages of live codes: who may see and do what, whose turn is shown while one writes, and the page behind a printed code."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.web import codes_seed
from tests.web.conftest import OURS, Browse

from siyu import content, growth, pool
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.growth import For, Shift, Welcome
from siyu.pool import Fact
from siyu.vendors import forget_account, keep_account
from siyu.web.codes.writing import read_shifts, write_shifts

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


@pytest.mark.parametrize(
    ("written", "shifts"),
    [
        ("", ()),
        ("09:00-18:00", (Shift((1, 2, 3, 4, 5, 6, 7), "09:00", "18:00"),)),
        ("1-5 9:00-18:00； 6 10：00－22:00", (Shift((1, 2, 3, 4, 5), "09:00", "18:00"), Shift((6,), "10:00", "22:00"))),
    ],
)
def test_shifts_are_read_as_they_are_written(written: str, shifts: tuple[Shift, ...]) -> None:
    assert read_shifts(written) == shifts and read_shifts(write_shifts(shifts)) == shifts


def test_what_is_no_shift() -> None:
    with pytest.raises(InputError):
        read_shifts("每天")


def test_a_code_from_nothing_to_results(browse: Browse, staffed: Ground) -> None:
    viewer, operator = browse("viewer"), browse("operator")
    assert "还没有连接企业微信" in viewer.look("/codes").text
    codes = codes_seed.seed(staffed, customers=12)
    text = viewer.look("/codes").text
    assert "春茶展易拉宝" in text and "无人可接" in text and "获客额度只剩 72 个" in text and "/codes/new" not in text
    assert viewer.look("/codes/new").status_code == 403

    form = {"kind": "person", "account_id": str(codes[0].draft.account_id), "name": "门店台卡", "guide": ["g0", "g4"], "weight:g0": "3",
            "cap:g0": "1", "shifts:g0": "1-5 09:00-18:00", "standin:g4": "on", "rotation": "weighted", "cost": "2.5", "corp_tag": ["et1"],
            "source_tags": "西湖店，线下"}  # fmt: skip
    shown = operator.fill("/codes/preview", form).text
    assert "接下一位" in shown and "暂不需要" in shown and "林小满" in shown
    assert "替补接待" in operator.fill("/codes/preview", form | {"cap:g0": "0"}).text
    assert "“随便”不是班次。" in operator.fill("/codes/preview", form | {"shifts:g0": "随便"}).text

    refused = operator.fill("/codes", form | {"guide": []})
    assert refused.status_code == 422 and "门店台卡" in refused.text and "请至少选一位不是替补的导购。" in refused.text
    made = operator.fill("/codes", form)
    assert made.status_code == 303
    at = made.headers["location"]
    with staffed.db.tx() as conn:
        kept = growth.code(conn, int(at.rpartition("/")[2]))
    assert kept.draft.guides[0].weight == 3 and kept.draft.guides[0].shifts == (Shift((1, 2, 3, 4, 5), "09:00", "18:00"),)
    assert kept.draft.cost_minor == 250 and kept.draft.source_tags == ("西湖店", "线下") and kept.changed_by == "operator"
    assert "正在向企业微信申请" in operator.look(at).text and 'value="3"' in operator.look(f"{at}/edit").text
    assert operator.fill(f"{at}/edit", form | {"name": "台卡二"}).status_code == 303 and "台卡二" in viewer.look(at).text
    # who is greeted how: by code, and everybody else
    with staffed.db.tx() as conn:
        hello, again = sorted(one.content_id for one in content.all_kept(conn, "welcome"))
    rows = {"welcome0": str(again), "whom0": "tag:老客", "when0": "1-5 9:00-18:00", "welcome1": str(hello), "whom1": "buyer", "when1": ""}
    assert operator.fill(f"{at}/edit", form | rows | {"when0": "白天"}).status_code == 422
    assert operator.fill(f"{at}/edit", form | rows | {"whom0": "segment:99"}).status_code == 422
    assert operator.fill(f"{at}/edit", form | rows).status_code == 303
    with staffed.db.tx() as conn:
        kept = growth.code(conn, kept.code_id)
    assert kept.draft.welcomes == (
        Welcome(again, For.TAG, "09:00", "18:00", (1, 2, 3, 4, 5), "老客"), Welcome(hello, For.BUYER),
    )  # fmt: skip
    text = viewer.look(at).text
    assert "标签：老客" in text and "1-5 09:00-18:00" in text and "还没有设通用欢迎语" in text
    assert viewer.look("/codes/welcomes").status_code == 403 and operator.look("/codes/welcomes").status_code == 200
    assert operator.fill("/codes/welcomes", {"welcome0": "999"}).status_code == 422
    assert operator.fill("/codes/welcomes", {"welcome0": str(hello), "whom0": "new", "when0": "22:00-08:00"}).status_code == 303
    with staffed.db.tx() as conn:
        assert growth.default_welcomes(conn) == (Welcome(hello, For.NEW, "22:00", "08:00"),)
    assert "22:00-08:00" in operator.look("/codes/welcomes").text and "都不合适时，发通用欢迎语" in viewer.look(at).text

    assert viewer.fill(f"{at}/close", {}).status_code == 403
    assert operator.fill(f"{at}/close", {}).status_code == 303 and "停用" in viewer.look(at).text

    first = next(one for one in codes if one.draft.name == "春茶展易拉宝")
    for lang, words in (
        ("zh", ("漏斗", "仍是好友", "¥42.00", "各导购", "每天明细", "¥21.00")),
        ("en", ("Funnel", "Still in contact", "By guide")),
    ):
        assert viewer.fill("/language", {"language": lang}).status_code == 303
        text = viewer.look(f"/codes/{first.code_id}").text
        assert all(word in text for word in words), lang


def test_a_code_of_chats_and_a_link_without_credits(browse: Browse, staffed: Ground) -> None:
    codes = {one.draft.name: one for one in codes_seed.seed(staffed, customers=9)}
    viewer = browse("viewer")
    text = viewer.look(f"/codes/{codes['包裹卡进群'].code_id}").text
    assert all(word in text for word in ("仍在群里", "30 天内退群", "各群", "茶友群 1", "78%", "每天进群")) and "各导购" not in text
    with staffed.db.tx() as conn:
        conn.execute("update live_codes set chat_limit = 2 where kind = 'group'")
    assert "选的群都满了" in viewer.look(f"/codes/{codes['包裹卡进群'].code_id}").text and "选的群都满了" in viewer.look("/codes").text
    link = codes["抖音投放"]
    text = viewer.look(f"/codes/{link.code_id}").text
    assert "2026-11-24 到期" in text and "获客额度已用完" not in text
    with staffed.db.tx() as conn:
        conn.execute("update live_link_lots set balance = 0 where expires_on > '2026-12-01'")
        conn.execute("update live_link_lots set expires_on = '2026-11-01' where balance > 0")
        source = pool.ensure_source(conn, f"wecom:{codes_seed.CORP}", "wecom", now=staffed.clock.now())
        at = staffed.clock.now() + timedelta(minutes=5)
        pool.record(staffed, conn, source, [Fact("acquisition.link_unavailable", "u1", at, object=link.config_id)])
    text = viewer.look(f"/codes/{link.code_id}").text
    assert "获客额度已用完" in text and "已于 2026-11-01 到期" in text and "这个链接无法添加" in text
    assert viewer.look("/codes").text.count("获客额度已用完") == 2, "above, and in the link's row"


def test_a_welcome_with_what_hangs_on_it(browse: Browse, staffed: Ground) -> None:
    codes_seed.seed(staffed, customers=1)
    operator, viewer = browse("operator"), browse("viewer")
    new = operator.look("/contents/new?channel=welcome").text
    assert "保存后可以加图片" in new and 'value="service" selected' in new and "wecom-bubble" in new
    here = operator.fill(
        "/contents", {"channel": "welcome", "name": "带图", "purpose": "service", "subject": "", "body": "您好。"}
    ).headers["location"]
    assert operator.fill(f"{here}/hung", {"kind": "link", "title": "茶单", "url": "https://shop.example/a"}).status_code == 303
    form = {"kind": "file", "csrf": operator.token()}
    sent = operator.post(f"{here}/hung", data=form, files={"file": ("tea.png", PNG, "image/png")}, headers=OURS, follow_redirects=False)
    assert sent.status_code == 303
    text = operator.look(here).text
    assert "茶单" in text and "正在上传" in text and "发送测试" not in text
    at = text.partition('class="wecom-picture" src="')[2].partition('"')[0]
    assert viewer.look(at).content == PNG and viewer.look("/contents/pictures/none").status_code == 404
    with staffed.db.tx() as conn:
        number = int(here.rpartition("/")[2])
        kept = content.kept(conn, number)
    assert kept is not None and [one["kind"] for one in kept.attachments] == ["link", "image"]


def test_the_page_behind_a_printed_code(browse: Browse, staffed: Ground) -> None:
    codes = {one.draft.name: one for one in codes_seed.seed(staffed, customers=2)}
    stranger, viewer = browse(), browse("viewer")
    code = codes["春茶展易拉宝"]
    sheet = viewer.look(f"/codes/{code.code_id}/print").text
    assert "data:image/svg+xml" in sheet
    page = stranger.look(f"/q/{code.state}")
    assert page.status_code == 200 and code.qr_code in page.text and "https://wework.qpic.cn" in page.headers["content-security-policy"]
    link = stranger.look(f"/q/{codes['抖音投放'].state}")
    assert link.status_code == 302 and link.headers["location"].endswith(f"customer_channel={codes['抖音投放'].state}")
    assert stranger.look("/q/nothing").status_code == 404
    now = staffed.clock.now()
    with staffed.db.tx() as conn:
        funnel = growth.funnels(conn, [code.code_id], now - timedelta(days=1), now, "Asia/Shanghai")[code.code_id]
        assert funnel.visits == 4 + 1
        growth.close(staffed, conn, code.code_id)
    assert stranger.look(f"/q/{code.state}").status_code == 410


def test_codes_of_a_corp_before_are_marked_and_made_anew(browse: Browse, staffed: Ground) -> None:
    codes = {one.draft.name: one for one in codes_seed.seed(staffed, customers=9)}
    viewer, operator = browse("viewer"), browse("operator")
    hung, group, night = codes["春茶展易拉宝"], codes["包裹卡进群"], codes["夜班台卡"]
    assert "属于旧企业" not in viewer.look("/codes").text
    account_id = codes_seed.switch(staffed, hung.draft.account_id)
    text = viewer.look("/codes").text
    assert text.count("属于旧企业") == 5 and "有 4 个码是以前接入的企业的" in text, "above, and in each row"
    at = f"/codes/{hung.code_id}"
    text = viewer.look(at).text
    assert "这个码属于旧企业：wwShop" in text and "4 位导购里有 2 位在" in text and "1 个标签里有 0 个在" in text
    assert "不在的导购：王知夏、店长老许" in text and "没有的标签：春茶展" in text and f"{at}/anew" not in text and f"{at}/edit" not in text
    assert "一个都没有，不能照搬" in operator.look(f"/codes/{night.code_id}").text
    assert operator.fill(f"/codes/{night.code_id}/anew", {"account": str(account_id)}).status_code == 422
    assert viewer.fill(f"{at}/anew", {"account": str(account_id)}).status_code == 403 and operator.fill(f"{at}/anew", {}).status_code == 422
    assert f"{at}/anew" in operator.look(at).text
    made = operator.fill(f"{at}/anew", {"account": str(account_id)})
    assert made.status_code == 303 and operator.fill(f"{at}/anew", {"account": str(account_id)}).status_code == 422, "once"
    new = made.headers["location"]
    with staffed.db.tx() as conn:
        code = growth.code(conn, int(new.rpartition("/")[2]))
        log = str(conn.execute("select what from staff_log").fetchall())
    assert (code.corp, code.state, [one.guide for one in code.draft.guides]) == (
        "wwReal",
        hung.state,
        ["g0", "g1"],
    ) and "code.renewed" in log
    assert code.draft.welcomes == hung.draft.welcomes and code.draft.guides == hung.draft.guides[:2], "weights, caps and shifts stay"
    text = viewer.look(new).text
    assert "接替「wwShop」的同一个码" in text and f'href="{at}"' in text and "正在向企业微信申请" in text
    text = viewer.look(at).text
    assert "已在「山茶集」重新生成" in text and f'href="{new}"' in text and text.count("停用前 30 天") > 8, "its results stay"
    assert "各导购" in text and ">9<" in text
    assert viewer.look(f"/q/{hung.state}").status_code == 410, "WeCom has not made the new one yet"
    made = operator.fill(f"/codes/{group.code_id}/anew", {"account": str(account_id)})
    with staffed.db.tx() as conn:
        assert growth.code(conn, int(made.headers["location"].rpartition("/")[2])).draft.chats == ("wrReal",), "by the name of the chat"
    viewer.fill("/language", {"language": "en"})
    assert "2 codes are of a corp connected before" in viewer.look("/codes").text
    assert "None of its guides is there" in viewer.look(f"/codes/{night.code_id}").text

    # the account was removed and connected again: the same corp, so the same code
    with staffed.db.tx() as conn:
        forget_account(conn, account_id)
        again = keep_account(staffed, conn, kind="wecom", name="山茶集", app_id="wwReal", agent_id="9", secret="s" * 20)
    assert "还是这家企业" in operator.look(new).text
    assert operator.fill(f"{new}/anew", {"account": str(again.account_id)}).headers["location"] == new
    with staffed.db.tx() as conn:
        assert growth.code(conn, code.code_id).draft.account_id == again.account_id and not growth.stranded(
            conn, [growth.code(conn, code.code_id)]
        )
