"""The pages of group mass sends: choose groups, keep a draft, look it over, send, stop; who may, and what is said when it cannot be."""

from __future__ import annotations

from datetime import timedelta

from tests.web import corp
from tests.web.conftest import Browse

from siyu.base.ground import Ground
from siyu.channels import group_sends
from siyu.vendors import keep_account


def test_a_group_message_from_draft_to_stop(browse: Browse, staffed: Ground) -> None:
    operator, viewer = browse("operator"), browse("viewer")
    assert "还没有接入企业微信" in viewer.look("/group-sends").text
    corp.settle(staffed)
    with staffed.db.tx() as conn:
        keep_account(
            staffed, conn, kind="wecom", name="企业", app_id=corp.CORP, agent_id="1", secret="s", base_url="http://127.0.0.1:9/wecom"
        )
    assert "还没有群群发" in viewer.look("/group-sends").text and viewer.look("/group-sends/new").status_code == 403
    text = operator.look("/group-sends/new").text
    assert "会员群 1" in text and "别家的群" not in text and "旧群" not in text and "0 / 30" in text
    part = operator.look("/group-sends/new?store=静安店&least=15", **{"hx-request": "true"}).text
    assert "会员群 1" in part and "会员群 2" not in part and "<html" not in part

    for form, what in (
        ({"name": "x", "text": "您好", "whom": "ticked"}, "没有选中任何群"),
        ({"name": "x", "whom": "all"}, "请选择内容"),
        ({"name": "x", "text": "您好", "content_id": "1", "whom": "all"}, "只能用一个"),
        ({"name": "", "text": "您好", "whom": "all"}, "请填写名称"),
        ({"name": "x", "text": "{{ name }}您好", "whom": "all"}, ""),  # a group reads one text
    ):
        answer = operator.fill("/group-sends", form)
        assert answer.status_code == 422 and what in answer.text
    kept = operator.fill(
        "/group-sends", {"name": "周末活动", "text": "周末来店里坐坐。", "whom": "ticked", "chat": ["chat-1"], "days": "3"}
    )
    here = str(kept.headers["location"])
    assert kept.status_code == 303 and "周末来店里坐坐" in viewer.look(here).text and "/start" not in viewer.look(here).text
    assert (
        operator.fill(here, {"name": "周末活动", "text": "周末见。", "whom": "all", "owner": "zs"}).status_code == 422
    )  # the name is taken
    with staffed.db.tx() as conn:
        number = group_sends.newest(conn)[0].content_id
    changed = operator.fill(here, {"name": "周末活动二", "content_id": str(number), "whom": "all", "owner": "zs"})
    assert changed.status_code == 303, changed.text
    text = operator.look(f"{here}/edit").text
    assert text.count("checked aria-label") == 2
    past = staffed.clock.now() - timedelta(days=1)
    assert operator.fill(f"{here}/start", {"start_at": f"{past:%Y-%m-%dT%H:%M}"}).status_code == 422
    later = staffed.clock.now() + timedelta(days=1)
    assert operator.fill(f"{here}/start", {"start_at": f"{later:%Y-%m-%dT%H:%M}"}).status_code == 303
    assert "等待开始" in viewer.look("/group-sends").text and operator.fill(here, {"name": "x"}).status_code == 422
    operator.fill(f"{here}/recall", {})
    operator.fill(f"{here}/start", {})
    assert "正在向企业微信读取" in viewer.look(here).text
    group_sends.advance(staffed)  # WeCom does not answer: what the groups have had is not known yet, and everything waits
    with staffed.db.tx() as conn:
        assert {one.state for one in group_sends.chats(conn, 1)} == {"planned"}
        conn.execute("update group_sends set start_at = start_at - interval '1 hour', next_at = '-infinity'")
    group_sends.advance(staffed)  # but not for ever
    for lang in ("zh", "en"):
        staffed_page = operator.look(f"{here}?lang={lang}")
        assert staffed_page.status_code == 200
    assert "等群主确认" in viewer.look(here).text and "张三" in viewer.look(here).text
    refused = operator.fill(f"{here}/remind", {"guide": "zs"})
    assert refused.status_code == 303 and operator.fill(f"{here}/recall", {}).status_code == 422
    assert operator.fill(f"{here}/cancel", {}).status_code == 303 and operator.fill(f"{here}/cancel", {}).status_code == 422
    group_sends.advance(staffed)
    text = viewer.look(here).text
    assert "已停止" in text and "/cancel" not in text and viewer.look("/group-sends/99").status_code == 404
