"""The pages of segments: a rule survives the form, the builder says what is missing, and one person is explained."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from tests.conftest import NOW
from tests.segments import world
from tests.web.conftest import Browse, Browser

from siyu import pool, segments
from siyu.base.ground import Ground
from siyu.web.segments import drafts, leaves, unfolding


class Form(HTMLParser):
    """What a browser would send of the builder's form."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.values: list[tuple[str, str]] = []
        self._is_inside = False
        self._select: str | None = None
        self._first: str | None = None
        self._chosen: str | None = None
        self._area: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_inside = given.get("id") == "builder"
        if not self._is_inside:
            return
        if tag == "input" and given.get("name") and (given.get("type") != "checkbox" or "checked" in given):
            self.values.append((given["name"], given.get("value", "on")))
        elif tag == "select":
            self._select, self._first, self._chosen = given["name"], None, None
        elif tag == "option" and self._select:
            self._first = given.get("value", "") if self._first is None else self._first
            self._chosen = given.get("value", "") if "selected" in given else self._chosen
        elif tag == "textarea":
            self._area = given["name"]
            self.values.append((self._area, ""))

    def handle_data(self, data: str) -> None:
        if self._area:
            name, before = self.values[-1]
            self.values[-1] = (name, before + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        elif tag == "textarea":
            self._area = None
        elif tag == "select" and self._select:
            self.values.append((self._select, self._chosen if self._chosen is not None else self._first or ""))
            self._select = None


def post(browser: Browser, path: str, values: list[tuple[str, str]], **headers: str) -> httpx.Response:
    data: dict[str, Any] = {}
    for name, value in values:
        data.setdefault(name, []).append(value)
    data["csrf"] = browser.token()
    return browser.post(
        path, data=data, headers={"accept": "text/html", "sec-fetch-site": "same-origin", **headers}, follow_redirects=False
    )


def put(values: list[tuple[str, str]], changed: dict[str, str]) -> list[tuple[str, str]]:
    """The form with some controls filled in otherwise."""
    return [(name, value) for name, value in values if name not in changed] + list(changed.items())


_VIP_OR_LOST = {"if": "profile", "field": "stage", "op": "in", "value": ["vip", "lost"]}
_CART = {"if": "sequence", "first": {"type": "cart.added"}, "then": {"type": "order.paid"}, "is": "not_done", "within": "24 hours"}
RULES: list[Any] = [
    {"if": "orders", "op": "gte", "value": 2, "window": {"from_ago": "90 days", "to_ago": "30 days"}, "sources": ["天猫旗舰店"]},
    {"any": [{"if": "tag", "tags": ["抗老", "高潜"], "how": "all"}, {"not": _VIP_OR_LOST}]},
    {"all": [{"if": "event", "type": "product.viewed", "measure": "sum", "of": "data.price", "op": "between", "value": [1, 99.5],
              "where": [{"field": "data.category", "op": "in", "value": ["a", "b"]}, {"field": "object", "op": "exists"}],
              "window": {"last": "12 hours"}}]},
    {**_CART, "window": {"last": "7 days"}},
    {"not": {"all": [{"if": "consent", "channel": "email", "is": "withdrawn"}, {"any": [{"if": "reachable", "channel": "email"},
        {"if": "identifier", "has": "phone"}]}]}},
    {"if": "bought", "item": {"op": "contains", "value": "面膜"}, "measure": "spent", "op": "gt", "value": 100},
    {"if": "trait", "name": "city", "op": "not_in", "value": ["上海", "北京"]},
    {"if": "trait", "name": "born", "op": "anniversary", "value": 30},
    {"if": "event", "type": "page.viewed", "measure": "last_at", "op": "during", "value": {"from": "2026-01-01", "to": "2026-02-01"}},
    {**_CART, "first": {"type": "a.b", "where": [{"field": "object", "op": "eq", "value": "1"}]}},  # no controls say this: kept as JSON
]  # fmt: skip


def test_a_rule_survives_the_form(shop: Ground, browse: Browse) -> None:
    browser = browse("operator")
    for n, where in enumerate(RULES):
        rule = segments.parse({"siyu_rule": 1, "where": where})
        with shop.db.tx() as conn:
            number = segments.keep(conn, f"第 {n} 个", rule, at=NOW)
            before = segments.count(shop, conn, rule)
        form = Form(browser.look(f"/segments/{number}/edit").text).values
        assert post(browser, f"/segments/{number}", form).status_code == 303
        with shop.db.tx() as conn:
            after = segments.kept(conn, number)
            assert after.rule == rule or segments.dump(after.rule)["where"] == {"all": [segments.dump(rule)["where"]]}
            assert after.counted_n == before


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(world.leaves((1,)))
def test_every_condition_is_said_by_its_controls(leaf: dict[str, Any]) -> None:
    def canonical(node: dict[str, Any]) -> dict[str, Any]:
        return segments.dump(segments.parse({"siyu_rule": 1, "where": node}))

    assert canonical(leaves.to_json(unfolding.of_json(canonical(leaf)["where"]))) == canonical(leaf)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(world.rules((1,)))
def test_a_tree_is_the_same_people_after_the_builder(rule_json: dict[str, Any]) -> None:
    rule = segments.parse(rule_json)
    built = drafts.build(drafts.of_rule(rule))
    assert built.is_whole
    inner = segments.parse({"siyu_rule": 1, "where": {"if": "tag", "tags": ["vip"]}})
    others = {segments.SegmentId(1): inner}
    compiled = [segments.compile(r, now=NOW, brand=world.BRAND, others=others) for r in (rule, built.rule)]
    assert compiled[0].params == compiled[1].params
    assert re.sub(r"[()]", "", compiled[0].sql) == re.sub(r"[()]", "", compiled[1].sql)


def test_an_operator_builds_a_segment_step_by_step(shop: Ground, browse: Browse) -> None:
    browser = browse("operator")
    values = Form(browser.look("/segments/new").text).values
    for step in ("add:n", "group:n", "add:n-2", "not:n-1", "join:n"):
        values = Form(post(browser, "/segments/build", [*values, ("do", step)]).text).values
    values = put(values, {"n-1.what": "stage"})
    values = Form(post(browser, "/segments/build", values).text).values
    assert ("n-1.stages", "vip") in values  # a fresh condition of its kind, not the leavings of the last one
    values = Form(post(browser, "/segments/build", [*values, ("do", "remove:n-0")]).text).values
    values = put(values, {"n-1-0.value": "3", "name": "步步"})
    answer = post(browser, "/segments", values)
    assert answer.status_code == 303
    with shop.db.tx() as conn:
        kept = segments.all_kept(conn)[0]
        assert kept.name == "步步"
        two = {"if": "orders", "measure": "count", "op": "gte", "value": 2}
        assert segments.dump(kept.rule)["where"] == {
            "any": [
                {"not": {"if": "profile", "field": "stage", "op": "eq", "value": "vip"}},
                {"any": [two | {"value": 3}, two]},
            ]
        }
        assert kept.counted_n == segments.count(shop, conn, kept.rule)
        assert conn.execute("select what, ref from staff_log order by log_id desc limit 1").fetchone() == (
            "segment.made",
            f"segment:{kept.segment_id}",
        )


def test_the_preview_counts_what_is_filled_in(shop: Ground, browse: Browse) -> None:
    browser = browse("operator")
    values = Form(browser.look("/segments/new").text).values
    values = Form(post(browser, "/segments/build", [*values, ("do", "add:n")]).text).values
    unfinished = [(name, "" if name == "n-1.value" else value) for name, value in values]
    text = post(browser, "/segments/preview", unfinished, **{"hx-request": "true"}).text
    with shop.db.tx() as conn:
        n = segments.count(shop, conn, segments.parse({"siyu_rule": 1, "where": {"if": "orders", "op": "gte", "value": 2}}))
    assert f'data-count="{n}"' in text
    assert re.search(rf'id="count-n-0" hx-swap-oob="true">{n} 人<', text)
    assert re.search(r'is-wrong" id="count-n-1" hx-swap-oob="true">还没填完', text)
    assert "累计下单至少 2 次" in text
    refused = post(browser, "/segments", put(unfinished, {"name": "x"}))
    assert refused.status_code == 422
    assert 'class="rule-line is-wrong"' in refused.text
    assert 'value="x"' in refused.text  # nothing that was typed is lost
    nameless = post(browser, "/segments", values)
    assert nameless.status_code == 422
    assert "没有名字" in nameless.text


def test_ready_rules_open_in_the_builder(shop: Ground, browse: Browse) -> None:
    browser = browse("operator")
    for ready in segments.templates():
        text = browser.look(f"/segments/new?from={ready.key}").text
        assert ready.name in text
        built = drafts.build(drafts.of_rule(ready.rule))
        assert built.rule == ready.rule
        assert '.what" value="json"' not in text
        assert "json" not in {one.fields.get("what") for one in drafts.of_rule(ready.rule).walk()}
    assert shop


def test_one_segment_shows_its_people_and_explains_one(shop: Ground, browse: Browse) -> None:
    rule = segments.parse({"siyu_rule": 1, "where": {"if": "orders", "op": "gte", "value": 1}})
    with shop.db.tx() as conn:
        number = segments.keep(conn, "买过的", rule, at=NOW)
        person = segments.sample(shop, conn, rule, 1)[0].person_id
        n = segments.count(shop, conn, rule)
        mask = conn.execute("select value from identifiers where kind = 'buyer_id' and person_id = %s", [person]).fetchone()
    browser = browse("viewer")
    assert "买过的" in browser.look("/segments").text
    assert browser.look(f"/segments/{number}").status_code == 200
    assert f'data-count="{n}"' in browser.look(f"/segments/{number}/live", **{"hx-request": "true"}).text
    members = browser.look(f"/segments/{number}/members").text
    assert members.count("data-drawer=") == min(n, 50)
    assert mask
    told = post(browser, f"/segments/{number}/why", [("text", mask[0])]).text
    assert "在这个人群里" in told
    assert "要求至少 1 次：符合" in told
    assert "要求至少 1 次：符合" in browser.look(f"/segments/{number}/why/{person}").text
    assert "没有找到" in post(browser, f"/segments/{number}/why", [("text", "nobody@nowhere.example")]).text
    assert browser.look("/segments/new").status_code == 403
    assert browser.look("/segments/999").status_code == 404


def test_a_segment_is_counted_again_and_put_away(shop: Ground, browse: Browse) -> None:
    with shop.db.tx() as conn:
        inner = segments.keep(conn, "里面", segments.parse({"siyu_rule": 1, "where": {"if": "tag", "tags": ["高潜"]}}), at=NOW)
        outer = segments.keep(conn, "外面", segments.parse({"siyu_rule": 1, "where": {"if": "segment", "id": inner}}), at=NOW)
    browser = browse("operator")
    assert post(browser, f"/segments/{inner}/recount", []).status_code == 303
    refused = post(browser, f"/segments/{inner}/archive", [])
    assert refused.status_code == 422
    assert post(browser, f"/segments/{outer}/archive", []).status_code == 303
    with shop.db.tx() as conn:
        assert [one.name for one in segments.all_kept(conn)] == ["里面"]
        assert segments.kept(conn, inner).counted_n is not None
    assert "已归档" in browser.look(f"/segments/{outer}").text


def test_what_people_write_is_escaped(shop: Ground, browse: Browse) -> None:
    nasty = '"><script>alert(1)</script>'
    with shop.db.tx() as conn:
        rule = segments.parse({"siyu_rule": 1, "where": {"if": "trait", "name": nasty, "op": "eq", "value": nasty}})
        number = segments.keep(conn, nasty, rule, at=NOW, about=nasty)
    browser = browse("operator")
    for path in ("/segments", f"/segments/{number}", f"/segments/{number}/edit", f"/segments/{number}/live", f"/segments/{number}/members"):
        assert "<script>alert" not in browser.look(path).text, path
    form = Form(browser.look(f"/segments/{number}/edit").text).values
    assert dict(form)["n-0.value"] == nasty


def test_nonsense_forms_do_not_break(shop: Ground, browse: Browse) -> None:
    browser = browse("operator")
    for values in (
        [("n.join", "any"), ("n-0.what", "nope"), ("do", "remove:nowhere")],
        [("n.what", "json"), ("n.json", json.dumps({"not": {"all": []}}))],
        [("n.join", "all"), ("n-0.what", "event"), ("n-0.was", "event"), ("n-0.filters", "999999"), ("do", "unfilter:n-0:77")],
        [("n.join", "all"), ("n-0-0-0-0-0-0-0-0.what", "tag"), ("do", "group:n")],
        [("n.join", "all"), ("n-0.what", "segment"), ("n-0.was", "segment"), ("n-0.segment", "77")],
        [("n.join", "all"), ("n-0.what", "json"), ("n-0.was", "json"), ("n-0.json", '{"if": "ordres"}')],
        [],
    ):
        for path in ("/segments/build", "/segments/preview"):
            assert post(browser, path, values).status_code == 200, (path, values)
        assert post(browser, "/segments", [*values, ("name", "y")]).status_code in (303, 422)
    assert pool.brand
