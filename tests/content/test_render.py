"""A rendered letter holds what was written, escaped, with its links signed and its way out visible, and nothing unresolved."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siyu.content import Look, PlainLinks, Version, check, render, targets

LOOK = Look("林间茶铺", ad_prefix="广告")
BODY = """# 你好，{{ name | fallback: "朋友" }}

您上次买的 **{{ item }}** 到货了，{% if tag "VIP" %}*贵宾*先选{% else %}先到先得{% end %}。
看 [新品](https://shop.example/new?a=1&b=2) 或 https://shop.example/all。

- 一号茶
- 二号茶

> 好茶不等人

![茶园](https://shop.example/tea.jpg)

[[去看看]](https://shop.example/sale)
"""


class Links:
    def click(self, target: str) -> str:
        return f"https://siyu.example/t/c/{len(target)}?q=1&r=2"

    def opened(self) -> str:
        return "https://siyu.example/t/o/x.gif"

    def unsubscribe(self) -> str:
        return "https://siyu.example/u/x"


def version(body: str = BODY, subject: str = "{{ name | fallback: '您' }}，上新了", purpose: str = "marketing") -> Version:
    return Version(1, 1, "上新", "email", purpose, subject, body)


class Tags(HTMLParser):
    """The tags of a document, checked to be closed in order, and the words between them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "title"):
            self.words.append(data)


def read(document: str) -> Tags:
    tags = Tags()
    tags.feed(document)
    assert not tags.open
    return tags


def test_a_letter_whole() -> None:
    made = render(version(), {"name": "林", "item": "龙井", "tags": ("VIP",)}, links=Links(), look=LOOK)
    assert made.missing == ()
    assert made.subject == "广告 · 林，上新了"
    tags = read(made.html)
    kinds = [tag for tag, _ in tags.found]
    assert "table" not in kinds and "script" not in kinds
    hrefs = [a["href"] for tag, a in tags.found if tag == "a"]
    assert hrefs == [Links().click("https://shop.example/new?a=1&b=2"), Links().click("https://shop.example/all"),
                     Links().click("https://shop.example/sale"), "https://siyu.example/u/x"]  # fmt: skip
    assert [a["src"] for tag, a in tags.found if tag == "img"] == ["https://shop.example/tea.jpg", "https://siyu.example/t/o/x.gif"]
    words = "".join(tags.words)
    assert "您上次买的 龙井 到货了，贵宾先选。" in words and "退订" in words and "林间茶铺" in words
    assert "https://siyu.example/u/x" in made.text and "退订" in made.text and "林间茶铺" in made.text
    assert "- 一号茶\n- 二号茶" in made.text and "先到先得" not in made.text + made.html


def test_what_is_missing_is_told() -> None:
    made = render(version(subject="{{ nick }}"), {}, links=Links(), look=LOOK)
    assert made.missing == ("nick", "item")


def test_a_branch_is_rendered_for_each_answer() -> None:
    vip = render(version(), {"item": "x", "tags": ("VIP",)}, links=Links(), look=LOOK)
    other = render(version(), {"item": "x", "tags": ()}, links=Links(), look=LOOK)
    assert "贵宾" in vip.text and "先到先得" in other.text and "贵宾" not in other.text


def test_the_law_lines_follow_the_purpose() -> None:
    service = render(version(purpose="service"), {"item": "x"}, links=Links(), look=LOOK)
    notice = render(version(purpose="transactional"), {"item": "x"}, links=Links(), look=LOOK)
    assert not service.subject.startswith("广告") and "https://siyu.example/u/x" in service.html
    assert "https://siyu.example/u/x" not in notice.html + notice.text and "林间茶铺" in notice.text


def test_a_subject_that_already_says_ad_is_left_alone() -> None:
    made = render(version(subject="广告：上新"), {"item": "x"}, links=Links(), look=LOOK)
    assert made.subject == "广告：上新"


def test_words_for_a_webhook_are_plain() -> None:
    made = render(replace(version(), channel="webhook"), {"item": "x"}, links=Links(), look=LOOK)
    assert made.html == "" and "退订" not in made.text and "去看看" in made.text


NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "**x** [y](https://evil.example)",
    "{{ item }}",
    "{% end %}",
    "\ue0000\ue001",
    "\ue002u\ue003",
    "\u202egnp.exe",
    "a\r\nBcc: b@c.example",
    "</style></p></div>",
    "https://evil.example/x",
]


@pytest.mark.parametrize("value", NASTY)
def test_a_value_is_never_markup_nor_template_nor_link(value: str) -> None:
    made = render(version(), {"name": value, "item": value}, links=Links(), look=LOOK)
    calm = render(version(), {"name": "林", "item": "林"}, links=Links(), look=LOOK)
    assert [t for t, _ in read(made.html).found] == [t for t, _ in read(calm.html).found]
    assert [a for t, a in read(made.html).found if t == "a"] == [a for t, a in read(calm.html).found if t == "a"]
    assert "\n" not in made.subject and "\r" not in made.subject
    assert "evil.example" not in "".join(re.findall(r"https?://\S+", made.text + made.subject + html.unescape(made.html)))
    assert not re.search("[\ue000-\uf8ff\u202a-\u202e]", made.subject + made.html + made.text)


def test_dangerous_targets_lead_nowhere_even_in_a_preview() -> None:
    wrong = "[x](javascript:alert(1)) a [[y]](data:text/html,x) ![z](file:///etc/passwd)"
    made = render(version(f"{wrong}\n{wrong.replace(' ', chr(10))}"), {}, links=PlainLinks(), look=LOOK)
    assert "javascript:" not in made.html and "data:text" not in made.html and "file:" not in made.html


@settings(max_examples=150)
@given(
    body=st.lists(st.sampled_from([*'#-> *[]()!1.\n{}朋x|:/"', "https://a.example/", "{{ name }}", "[[", "]](", "**"])).map("".join),
    name=st.text(max_size=20),
)
def test_any_text_gives_a_whole_letter(body: str, name: str) -> None:
    made = render(version(body), {"name": name}, links=Links(), look=LOOK)
    read(made.html)
    assert "https://siyu.example/u/x" in made.html and "https://siyu.example/u/x" in made.text
    assert not re.search("[\ue000-\ue003]", made.html + made.text)
    if not any(p.is_fatal for p in check("s", body)):
        assert set(re.findall(r'href="([^"]+)"', made.html)) <= {html.escape(Links().click(t)) for t in targets(body)} | {
            "https://siyu.example/u/x"
        }


@pytest.mark.parametrize(
    ("subject", "body", "found"),
    [
        ("", "x", ("subject", 1, 1, "subject_empty")),
        ("s", "  ", ("body", 1, 1, "body_empty")),
        ("s", "[x](shop.example)", ("body", 1, 5, "link_bad")),
        ("s", "ok\n[x](javascript:alert)", ("body", 2, 5, "link_bad")),
        ("s", "[x](https://a.example/?c={{ code }})", ("body", 1, 5, "link_value")),
        ("s", "[[x]](https://u:p@a.example/)", ("body", 1, 7, "link_login")),
        ("s" * 201, "x", ("subject", 1, 200, "too_long")),
        ("a\nb", "x", ("subject", 1, 1, "subject_lines")),
    ],
)
def test_what_is_wrong_is_found(subject: str, body: str, found: tuple[str, int, int, str]) -> None:
    fatal = [p for p in check(subject, body) if p.is_fatal]
    assert [(p.where, p.line, p.column, p.code) for p in fatal] == [found]


def test_advice_does_not_forbid() -> None:
    advice = check("Hi {{ name }}", "{{ nmae | fallback: 'x' }} {{ city }} {{ brand }}", known=["city"])
    assert [(p.code, p.is_fatal) for p in advice] == [("no_fallback", False), ("name_unknown", False), ("no_fallback", False)]


def test_phone_and_mail_links_are_not_counted() -> None:
    made = render(version("[电话](tel:+8657112345678)"), {}, links=Links(), look=LOOK)
    assert 'href="tel:+8657112345678"' in made.html and targets("[电话](tel:+8657112345678)") == []
