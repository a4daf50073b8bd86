"""The page of hand-overs as it shows chats (客户群) whose owner left, and takes what is to become of them."""

from __future__ import annotations

import re

from tests.web import corp
from tests.web.conftest import Browse

from siyu.base.ground import Ground
from siyu.pool import relations
from siyu.sources import handing
from siyu.vendors import keep_account


def test_chats_of_who_left_are_handed_over(browse: Browse, staffed: Ground) -> None:
    corp.settle(staffed)
    now = staffed.clock.now()
    with staffed.db.tx() as conn:
        keep_account(
            staffed, conn, kind="wecom", name="品牌", app_id=corp.CORP, agent_id="1", secret="s", base_url="http://127.0.0.1:9/wecom"
        )
        mine = [relations.ChatGroup(corp.CORP, f"chat-9{n:02d}", f"徐汇 {n} 群", "gone", now) for n in range(60)]
        relations.keep_groups(conn, mine, now)
    viewer, operator = browse("viewer"), browse("operator")
    assert "60 个群的群主已离职" in viewer.look("/chat-groups").text
    given = {"what": "chats", "from": f"{corp.CORP} gone", "to": f"{corp.CORP} ls"}
    text = viewer.look("/handovers").text
    part = text.partition("等待新群主的客户群")[2]
    assert "王五" in part and "60 个群" in part and "徐汇 49 群" in part and "徐汇 50 群" not in part and 'name="chat"' not in part
    assert viewer.fill("/handovers", given).status_code == 403
    text = operator.look("/handovers").text
    part = text.partition("等待新群主的客户群")[2]
    assert f'<option value="{corp.CORP} ls" selected>' in part, "of the same store"
    assert "连同未列出的 10 个群" in part and part.count('name="chat"') == 50
    listed = re.findall(r'name="listed" value="([^"]+)"', part)
    assert operator.fill("/handovers", given | {"picks": "1"}).status_code == 422, "nothing was ticked"
    operator.fill("/handovers", given | {"picks": "1", "chat": listed[:2]})
    assert "2 个客户群开始交接" in operator.look("/handovers").text
    assert "正在交给 李四" in viewer.look("/handovers").text
    # The rest, but not what was listed and not ticked.
    operator.fill("/handovers", given | {"picks": "1", "chat": listed[2:4], "listed": listed[2:], "rest": "1"})
    with staffed.db.tx() as conn:
        under_way = {one.chat_id for one in handing.chats.handings(conn)}
        conn.execute("update chat_handings set state = 'failed', code = '90503', ended_at = %s where chat_id = %s", (now, listed[0]))
    assert under_way == {one.chat_id for one in mine} - set(listed[4:])
    text = viewer.look("/handovers").text
    assert "客户群交接记录" in text and "没有可以移出的成员" in text
    browser = browse("viewer")
    browser.fill("/language", {"language": "en", "back": "/guides"})
    text = browser.look("/handovers").text
    assert (
        "Chats without an owner" in text and "The group is full" in text and "web.handovers" not in text and "sources.handing" not in text
    )
    told = operator.fill("/handovers", given | {"picks": "1", "chat": [listed[1], "nobody"]})
    assert told.status_code == 422 and "没有这个客户群" in told.text and "正在交接中" in told.text
    operator.fill("/handovers", {"what": "chats", "from": f"{corp.CORP} zs", "to": f"{corp.CORP} ls", "most": "1"})
    with staffed.db.tx() as conn:
        newest = handing.chats.handings(conn, limit=1)[0]
    assert (newest.from_guide, newest.is_resigned) == ("zs", False)
