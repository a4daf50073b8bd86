"""Cohorts, RFM, planner and dictionary: what stands in a cell is what its segment counts, and every figure leads to its definition."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.web.conftest import Browse

from siyu import analytics, segments
from siyu.base.ground import Ground

MARK = re.compile(r'href="/metrics#(\w+)"')


def test_a_cell_opens_the_builder_with_its_rule_and_its_number(visit: Browse, open_shop: Ground) -> None:
    browser = visit("operator")
    page = browser.look("/rfm").text
    links = [html.unescape(link) for link in re.findall(r'href="(/segments/new\?rule=[^"]+)"', page)]
    assert links
    with open_shop.db.tx() as conn:
        by_rule = {json.dumps(analytics.rfm_rule(cell)): cell.people for cell in analytics.rfm(open_shop, conn).cells if cell.people}
        assert len(links) == len(by_rule)
        for link in links:
            asked = json.loads(parse_qs(urlsplit(link).query)["rule"][0])
            assert segments.count(open_shop, conn, segments.parse(asked)) == by_rule[json.dumps(asked)]
    builder = browser.look(links[0])
    assert builder.status_code == 200
    assert 'value="orders.days_since_last" selected' in builder.text
    assert "RFM" in builder.text
    assert "/segments/new?rule=" not in visit("viewer").look("/rfm").text, "who may not build gets no link"


def test_a_crafted_rule_is_refused_in_words(visit: Browse) -> None:
    for wrong in ("%7B", "[1]", '{"siyu_rule":1,"where":{"if":"magic"}}', "7"):
        assert visit("operator").look(f"/segments/new?rule={wrong}").status_code == 422


@pytest.mark.parametrize("view", ["retention", "repurchase", "revenue"])
@pytest.mark.parametrize("unit", ["percent", "absolute"])
def test_cohorts_in_every_view(visit: Browse, view: str, unit: str) -> None:
    page = visit("viewer").look(f"/cohorts?view={view}&unit={unit}").text
    assert 'class="heat"' in page
    assert set(MARK.findall(page)) == {f"cohort_{view}", "cohort_size"}


def test_cohorts_as_a_file(visit: Browse, open_shop: Ground) -> None:
    answer = visit("viewer").look("/cohorts.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    with open_shop.db.tx() as conn:
        found = analytics.cohorts(open_shop, conn)
    assert answer.content.decode("utf-8-sig") == analytics.cohorts_csv(found)


def test_every_figure_leads_to_its_definition(visit: Browse) -> None:
    browser = visit("operator")
    known = set(re.findall(r'<tr id="(\w+)"', browser.look("/metrics").text))
    assert known == {one.key for one in analytics.METRICS}
    page = browser.look("/").text
    assert page.count('class="kpi-box"') == len(re.findall(r'class="kpi"', page)) == 4
    whole = page.split('<dl class="stats rows">', 1)[1].split("</dl>", 1)[0]
    assert all(MARK.search(term) for term in re.findall(r"<dt>(.*?)</dt>", whole, re.DOTALL))
    for path in ("/", "/cohorts", "/rfm"):
        found = set(MARK.findall(browser.look(path).text))
        assert found
        assert found <= known


def test_the_planner_answers_and_says_what_is_wrong(visit: Browse) -> None:
    browser = visit("viewer")
    page = browser.look("/experiments/plan?kind=rate&rate=5&lift=20&share=50&daily=500&people=20000").text
    assert "16,316" in page
    assert "8,158" in page
    assert "× 1.67" in page, "the row of a tenth"
    for wrong in ("rate=0", "lift=0", "share=100", "rate=x", "people=-1", "lift=inf", "days=nan"):
        answer = browser.look(f"/experiments/plan?{wrong}")
        assert answer.status_code == 200
        assert "is-wrong" in answer.text, wrong
    assert browser.look("/experiments/plan?kind=spend&mean=1&sd=13.5&lift=39.87&share=10&people=100000").status_code == 200
