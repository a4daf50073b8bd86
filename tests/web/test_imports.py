"""The import wizard over HTTP: upload, settle, start, the result with its rejects, undo; and who may do what."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import httpx
from tests.web.conftest import OURS, Browse, Browser

from siyu.base.ground import Ground
from siyu.sources import files

HEAD = "订单号,商品名称,数量,单价,付款时间,手机号\n"
GOOD = HEAD + "A1,杯,1,10.50,2026-01-05,13800138000\nA1,碟,2,3,2026-01-05,13800138000\n"


def _upload(browser: Browser, *contents: tuple[str, bytes]) -> httpx.Response:
    return browser.post(
        "/imports",
        data={"csrf": browser.token()},
        files=[("file", (name, data)) for name, data in contents],
        headers=OURS,
        follow_redirects=False,
    )


def _form(page: str) -> dict[str, str]:
    """The mapping form as a browser would send it."""
    form = page.split('<form id="mapping"', 1)[1].split("</form>", 1)[0]
    values: dict[str, Any] = {}
    for name, body in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        values[name] = next(iter(re.findall(r'<option value="([^"]*)" selected', body)), re.findall(r'<option value="([^"]*)"', body)[0])
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("checkbox" not in tag or "checked" in tag):
            values[name[1]] = value[1] if value else ""
    return values


def test_from_a_file_to_its_result_and_back(staffed: Ground, browse: Browse) -> None:
    operator = browse("operator")
    assert "还没有导入过" in operator.look("/imports").text
    answer = _upload(operator, ("订单.csv", (GOOD + "A2,壶,三,5,2026-01-05,13900139000\n").encode("gb18030")))
    assert answer.status_code == 303
    one = answer.headers["location"]
    page = operator.look(one).text
    assert "GB18030" in page and "3 行里有 1 行读不出来" in page and "is-wrong-cell" in page
    values = _form(page)
    assert values["c0"] == "order_no" and values["c5"] == "phone" and values["source"] == "files"
    again = operator.fill(f"{one}/map", values | {"c0": ""}, **{"hx-request": "true"}).text
    assert "订单号" in again and "需要你决定" in again and "disabled" in again and "<html" not in again
    assert operator.fill(f"{one}/start", values | {"c0": ""}).status_code == 422
    assert operator.fill(f"{one}/start", values | {"source": "天猫"}).headers["location"] == one
    number = int(one.rpartition("/")[2])
    assert "hx-trigger" in operator.look(one).text
    files.run(staffed, number)
    ended = operator.get(one, headers={"hx-request": "true"})
    assert ended.status_code == 204 and ended.headers["hx-redirect"] == one
    result = operator.look(one).text
    assert "天猫" in result and "这不是数字" in result and "第 4 行" in result
    taken = operator.look(f"{one}/rejects.csv")
    rows = list(csv.DictReader(io.StringIO(taken.content.decode("utf-8-sig"))))
    assert taken.headers["content-disposition"].endswith(f'"rejects-{number}.csv"') and rows[0]["数量"] == "三"
    assert operator.fill(f"{one}/undo", {}).status_code == 303
    assert "这次导入已撤销" in operator.look(one).text
    with staffed.db.tx() as conn:
        assert conn.execute("select count(*) from facts").fetchone() == (0,)
        told = [row[0] for row in conn.execute("select what from staff_log where what like 'import.%%' order by log_id")]
    assert told == ["import.started", "import.rejects_taken", "import.undone"]


def test_several_files_with_one_header_start_together(staffed: Ground, browse: Browse) -> None:
    operator = browse("operator")
    answer = _upload(operator, ("1.csv", GOOD.encode()), ("2.csv", GOOD.replace("A1", "A2").encode()))
    page = operator.look(answer.headers["location"]).text
    assert "同样表头的另外 1 个文件" in page
    operator.fill(f"{answer.headers['location']}/start", _form(page))
    while files.advance(staffed):
        pass
    assert [(it.state, it.imported) for it in files.all_imports(staffed)] == [("done", 2), ("done", 2)]
    assert operator.look("/imports").text.count("已完成") == 2


def test_another_kind_or_shape_is_proposed_anew(browse: Browse) -> None:
    operator = browse("operator")
    one = _upload(operator, ("a.csv", GOOD.encode())).headers["location"]
    page = operator.fill(f"{one}/look", {"kind": "people", "header_row": "1"}, **{"hx-request": "true"}).text
    assert "标识" in page and _form(page)["c5"] == "phone" and _form(page)["c0"] == ""
    page = operator.fill(f"{one}/look", {"header_row": "0", "encoding": "utf-8", "delimiter": ","}, **{"hx-request": "true"}).text
    assert "#1" in page
    assert operator.fill(f"{one}/look", {"header_row": "39"}).status_code == 422


def test_what_is_no_table_is_said_in_the_readers_language(browse: Browse) -> None:
    operator = browse("operator")
    answer = _upload(operator, ("a.pdf", b"%PDF-1.7"))
    assert answer.status_code == 422 and "这不是表格文件" in answer.text and "a.pdf" in answer.text
    operator.fill("/language", {"language": "en", "next": "/"})
    answer = _upload(operator, ("good.csv", GOOD.encode()), ("a.pdf", b"%PDF-1.7"))
    assert answer.status_code == 422 and "This is not a table" in answer.text
    assert "Nothing was imported yet" in operator.look("/imports").text
    assert _upload(operator).status_code == 422


def test_viewers_look_and_touch_nothing(staffed: Ground, browse: Browse) -> None:
    operator, viewer = browse("operator"), browse("viewer")
    one = _upload(operator, ("a.csv", GOOD.encode())).headers["location"]
    assert viewer.look("/imports").status_code == 200 and 'type="file"' not in viewer.look("/imports").text
    assert "13800138000" not in viewer.look(one).text
    for path in (f"{one}/start", f"{one}/undo", f"{one}/map", f"{one}/look", f"{one}/discard"):
        assert viewer.fill(path, {}).status_code == 403
    assert _upload(viewer, ("a.csv", GOOD.encode())).status_code == 403
    assert viewer.look(f"{one}/rejects.csv").status_code == 403
    assert operator.fill(f"{one}/discard", {}).headers["location"] == "/imports"
    assert operator.look(one).status_code == 404
