"""Templates: what they can say, what they refuse, and exactly where."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siyu.base.money import Money
from siyu.content.template import fill_text, parse
from siyu.content.words import Look

ZH, EN = Look("茶铺"), Look("Tea", "GBP", "Europe/London", "en")


def shown(source: str, look: Look = ZH, **person: Any) -> tuple[str, list[str]]:
    missing: list[str] = []
    template = parse(source, "body")
    assert not template.problems, template.problems
    return fill_text(template.nodes, person, look, missing.append), missing


@pytest.mark.parametrize(
    ("source", "person", "zh"),
    [
        ("{{ name }}你好", {"name": "林"}, "林你好"),
        ('{{name|fallback:"朋友"}}', {}, "朋友"),
        ("{{ name ｜ fallback：“朋友” }}", {}, "朋友"),  # as a Chinese keyboard writes it
        ("{{ name | fallback: '朋友' }}", {"name": " "}, "朋友"),
        ('{{ a | fallback: "x | y" }}', {}, "x | y"),
        ("{{ at | date }}", {"at": datetime(2026, 1, 31, 17, tzinfo=UTC)}, "2026 年 2 月 1 日"),  # already February in Shanghai
        ("{{ at | date: short }}", {"at": "2026-02-01"}, "2 月 1 日"),
        ("{{ at | date: iso }}", {"at": date(2026, 2, 1)}, "2026-02-01"),
        ("{{ at | date | fallback: '最近' }}", {"at": "some day"}, "最近"),
        ("{{ spent }}", {"spent": Money(123456, "CNY")}, "¥1,234.56"),
        ("{{ price | money }}", {"price": "1,299.5"}, "¥1,299.50"),
        ("{{ price | money: GBP }}", {"price": Decimal("8")}, "£8.00"),
        ("{{ size | upper }}", {"size": "xl"}, "XL"),
        ("{{ name | first }}", {"name": "Anna Maria Smith"}, "Anna"),
        ("{{ tags | first }}", {"tags": ("VIP", "茶")}, "VIP"),
        ("{{ tags }}", {"tags": ("VIP", "茶")}, "VIP、茶"),
        ("{{ 会员等级 }}", {"会员等级": "金卡"}, "金卡"),
        ("{{ orders_n }}", {"orders_n": 0}, "0"),
        ('{% if tag "VIP" %}贵宾{% else %}顾客{% end %}', {"tags": ["VIP"]}, "贵宾"),
        ("{% if not tag “VIP” %}顾客{% endif %}", {"tags": ["VIP"]}, ""),
        ("{% if name %}{{ name }}{% if city %}({{ city }}){% end %}{% else %}您{% end %}", {"name": "林", "city": "杭州"}, "林(杭州)"),
    ],
)
def test_a_template_says(source: str, person: dict[str, Any], zh: str) -> None:
    assert shown(source, **person) == (zh, [])


def test_english_writes_dates_and_money_its_own_way() -> None:
    assert shown("{{ at | date }} {{ n | money }}", EN, at=date(2026, 2, 1), n=5) == ("1 February 2026 £5.00", [])


@pytest.mark.parametrize("person", [{}, {"name": ""}, {"name": None}, {"name": "\u202e\u200b \n"}])
def test_a_value_without_fallback_is_missed(person: dict[str, Any]) -> None:
    assert shown("Dear {{ name }}", **person) == ("Dear ", ["name"])


def test_a_value_in_the_branch_not_taken_is_not_missed() -> None:
    assert shown("{% if name %}{{ name }}{% else %}您{% end %}") == ("您", [])


@pytest.mark.parametrize(
    ("source", "code", "line", "column"),
    [
        ("Hello {{ name", "unclosed", 1, 7),
        ("a\nb {{ x\n{{ y }}", "unclosed", 2, 3),
        ("你好 {{ user.name }}", "name_plain", 1, 7),
        ("{{ name() }}", "name_plain", 1, 4),
        ("{{ __class__['x'] }}", "name_plain", 1, 4),
        ("{{ }}", "name_empty", 1, 4),
        ("{{ first name }}", "name_bad", 1, 4),
        ("{{ name | shout }}", "filter_unknown", 1, 11),
        ("{{ name | fallback }}", "argument_needed", 1, 11),
        ("{{ name | fallback: 'a }}", "argument", 1, 11),
        ("{{ name | upper: 3 }}", "argument_unwanted", 1, 11),
        ("{{ at | date: someday }}", "date_style", 1, 9),
        ("{{ n | money: yuan }}", "currency", 1, 8),
        ("ab\n{% if name %}x", "if_open", 2, 1),
        ("{% end %}", "if_none", 1, 1),
        ("{% if a %}{% else %}{% else %}{% end %}", "else_twice", 1, 21),
        ("{% for a in b %}", "command_unknown", 1, 1),
        ("{% if a == b %}{% end %}", "condition", 1, 1),
        ("{% if a %}" * 9 + "{% end %}" * 9, "if_deep", 1, 81),
    ],
)
def test_a_mistake_is_pointed_at(source: str, code: str, line: int, column: int) -> None:
    fatal = [p for p in parse(source, "body").problems if p.is_fatal]
    assert [(p.code, p.line, p.column) for p in fatal][:1] == [(code, line, column)]
    for lang in ("zh", "en"):
        assert len(fatal[0].text(lang)) > 8 and "problem_" not in fatal[0].text(lang) and "{name}" not in fatal[0].text(lang)


def test_a_single_brace_is_noticed_but_allowed() -> None:
    template = parse("Hi {name}, {{ name | fallback: 'you' }}", "body")
    assert [(p.code, p.column, p.is_fatal) for p in template.problems] == [("single_brace", 4, False)]


@settings(max_examples=300)
@given(st.text(alphabet=st.sampled_from(list('{}%| :"“”if elsndtag.name\n()\\朋')), max_size=60))
def test_any_text_is_read_without_failing_and_places_are_inside(source: str) -> None:
    template = parse(source, "body")
    lines = source.split("\n")
    for problem in template.problems:
        assert 1 <= problem.line <= len(lines) and 1 <= problem.column <= len(lines[problem.line - 1]) + 3
    if not any(p.is_fatal for p in template.problems):
        fill_text(template.nodes, {"name": "x"}, ZH, lambda _: None)


@settings(max_examples=200)
@given(st.text(max_size=40))
def test_no_value_brings_a_second_line_or_turns_the_text_around(value: str) -> None:
    text, _ = shown("<{{ name | fallback: 'x' }}>", name=value)
    assert len(text.splitlines()) == 1 and not set(text) & set("\u202e\u202d\u2066\u2028\x00\x1b\ue000\ue002")
