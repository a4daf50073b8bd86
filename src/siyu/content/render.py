"""A version of a content made into one person's message.

What is the same for everybody is done once and kept: the template is parsed, its blocks are made into HTML and text, and both are cut
at the places where something personal stands. A person then costs a few look-ups and a join, so that a million are cheap.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from siyu.base.text import say
from siyu.content import blocks
from siyu.content.blocks import SLOT_CLOSE, SLOT_OPEN, Picture, complaint, is_tracked
from siyu.content.filters import clean
from siyu.content.forms import CHATS, FORMS, check_chat, check_form, linked
from siyu.content.html import BRAND, letter, plain
from siyu.content.template import Template, Value, choose, fill, fill_text, parse
from siyu.content.words import (
    ALIKE,
    CARRYING,
    LONGEST_BODY,
    LONGEST_SUBJECT,
    MARKETING,
    MOST_TEXT_BYTES,
    Linker,
    Look,
    Problem,
    Rendered,
    Version,
)

_LINK_OPEN, _LINK_CLOSE = "\ue002", "\ue003"
_CUT = re.compile(f"{SLOT_OPEN}(\\d+){SLOT_CLOSE}|{_LINK_OPEN}(\\w+){_LINK_CLOSE}")
_PRIVATE = re.compile("[\ue000-\ue0ff]")
_MOST_VARIANTS = 256
_UNSUBSCRIBE, _OPENED = "u", "o"

ALWAYS_THERE = frozenset({"brand", "orders_n", "spent", "refunded"})
STANDARD = ("name", "first_name", "nickname", "brand", "orders_n", "spent", "last_order_at", "first_order_at", "tags")


@dataclass(frozen=True)
class _Variant:
    """The message with its choices settled: pieces of text between numbers of values and marks of links."""

    html: tuple[str, ...]
    text: tuple[str, ...]
    values: tuple[Value, ...]
    targets: tuple[str, ...]


@dataclass
class _Compiled:
    version: Version
    look: Look
    subject: Template
    body: Template
    variants: dict[tuple[bool, ...], _Variant] = field(default_factory=dict)


def render(version: Version, person: Mapping[str, Any], *, links: Linker, look: Look) -> Rendered:
    """The message for one person. `person` maps names to values (`people`); what has no value and no fallback is told in `missing`.

    The same version, person, links and look always give the same message.
    """
    compiled = _compile(version, look)
    missing: dict[str, None] = {}
    person = {"brand": look.brand, **person}
    subject = clean(fill_text(compiled.subject.nodes, person, look, missing.setdefault))
    if version.channel == "email" and version.purpose == MARKETING and look.ad_prefix and not subject.startswith(look.ad_prefix):
        subject = f"{look.ad_prefix} · {subject}"
    flat, answers = choose(compiled.body.nodes, person)
    variant = compiled.variants.get(answers)
    if variant is None:
        variant = _variant(flat, version, look)
        if len(compiled.variants) >= _MOST_VARIANTS:
            compiled.variants.clear()
        compiled.variants[answers] = variant
    texts: list[str] = []
    for value in variant.values:
        text = fill(value, person, look)
        if text is None:
            missing.setdefault(value.name)
        texts.append(" ".join((text or "").split()) if version.channel in FORMS else text or "")  # a line of a form is a field
    addresses = [links.click(target) if is_tracked(target) else target for target in variant.targets]
    marks = {_UNSUBSCRIBE: links.unsubscribe(), _OPENED: links.opened()}
    return Rendered(
        subject=subject,
        html=_join(variant.html, texts, addresses, marks, _escape, _pixel),
        text=_join(variant.text, texts, addresses, marks, _plainly, lambda _: ""),
        missing=tuple(missing),
        values=tuple(zip((value.name for value in variant.values), texts, strict=True)) if version.channel in FORMS else (),
    )


def check(subject: str, body: str, *, channel: str = "email", purpose: str = "", known: Iterable[str] | None = None) -> list[Problem]:
    """Everything that is wrong with a text, in reading order. `known` are the names that people here have values for."""
    found: list[Problem] = []
    if channel == "email" and not subject.strip():
        found.append(Problem("subject_empty", "subject"))
    if len(subject) > LONGEST_SUBJECT:
        found.append(Problem("too_long", "subject", 1, LONGEST_SUBJECT, values={"most": LONGEST_SUBJECT}))
    if "\n" in subject.strip():
        found.append(Problem("subject_lines", "subject"))
    if not body.strip():
        found.append(Problem("body_empty", "body"))
    if len(body) > LONGEST_BODY:
        found.append(Problem("too_long", "body", values={"most": LONGEST_BODY}))
    if channel in CARRYING and len(body.encode()) > MOST_TEXT_BYTES:
        found.append(Problem("bytes", "body", is_fatal=channel in ALIKE, values={"most": MOST_TEXT_BYTES}))
    names = None if known is None else {*known, *STANDARD}
    for where, source in (("subject", subject), ("body", body)):
        template = parse(source, where)
        found += template.problems
        for value in template.values:
            if channel in ALIKE:
                if value.name != "brand":
                    found.append(Problem("alike", where, value.line, value.column, values={"name": value.name}))
            elif names is not None and value.name not in names:
                found.append(Problem("name_unknown", where, value.line, value.column, False, {"name": value.name}))
            elif not value.has_fallback and value.name not in ALWAYS_THERE:
                found.append(Problem("no_fallback", where, value.line, value.column, False, {"name": value.name}))
    if channel in FORMS:
        found += check_form(subject, body, channel, purpose, parse(body, "body"))
    elif channel in CHATS:
        found += check_chat(body)
    for at, target in blocks.written_targets(body):
        if code := complaint(target):
            line, column = body.count("\n", 0, at) + 1, at - (body.rfind("\n", 0, at) + 1) + 1
            found.append(Problem(code, "body", line, column, values={"target": target[:80]}))
    return sorted(found, key=lambda p: (p.where == "body", p.line, p.column))


def targets(body: str) -> list[str]:
    """Every page that a body can lead to, whichever way its choices go."""
    return [t for t in dict.fromkeys(target for _, target in blocks.written_targets(body)) if is_tracked(t) and not complaint(t)]


@lru_cache(maxsize=128)
def _compile(version: Version, look: Look) -> _Compiled:
    return _Compiled(version, look, parse(version.subject, "subject"), parse(_PRIVATE.sub("", version.body), "body"))


def _variant(flat: list[str | Value], version: Version, look: Look) -> _Variant:
    values = [piece for piece in flat if isinstance(piece, Value)]
    numbers = iter(range(len(values)))
    source = "".join(piece if isinstance(piece, str) else f"{SLOT_OPEN}{next(numbers)}{SLOT_CLOSE}" for piece in flat)
    if version.channel in FORMS:
        marks: dict[str, int] = {}
        text = linked(source, version.channel, lambda target: f"{_LINK_OPEN}{marks.setdefault(target, len(marks))}{_LINK_CLOSE}")
        return _Variant((), tuple(_cut(text)), tuple(values), tuple(marks))
    made = tuple(b for b in blocks.blocks(source) if not (isinstance(b, Picture) and complaint(b.source)))
    found: dict[str, int] = {}

    def click(target: str) -> str:
        if complaint(target):
            return "#"
        return f"{_LINK_OPEN}{found.setdefault(target, len(found))}{_LINK_CLOSE}"

    if version.channel != "email":
        return _Variant((), tuple(_cut(plain(made, footer="", click=click).strip())), tuple(values), tuple(found))
    as_html, as_text = _footer(version, look)
    return _Variant(
        html=tuple(
            _cut(letter(made, lang=look.lang, title=look.brand, footer=as_html, opened=f"{_LINK_OPEN}{_OPENED}{_LINK_CLOSE}", click=click))
        ),
        text=tuple(_cut(plain(made, footer=as_text, click=click))),
        values=tuple(values),
        targets=tuple(found),
    )


def _footer(version: Version, look: Look) -> tuple[str, str]:
    """Who writes, and how to say no: the lines that the law asks for. A transactional letter has nothing to say no to."""
    address = f"{_LINK_OPEN}{_UNSUBSCRIBE}{_LINK_CLOSE}"
    brand = _PRIVATE.sub("", look.brand)
    if version.purpose == "transactional":
        line = say("content.footer_transactional", look.lang, brand=brand)
        return html.escape(line), line
    why, stop = say("content.footer_why", look.lang, brand=brand), say("content.footer_unsubscribe", look.lang)
    style = f"color:{BRAND};text-decoration:underline"
    link = f'<a class="s-link" href="{address}" style="{style}">{html.escape(stop)}</a>'
    return f"{html.escape(why)}<br>{link}", f"{why}\n{stop}: {address}"


def _cut(text: str) -> list[str]:
    """Cut at the marks: literal, value number or '', link mark or '', literal, ..."""
    return [piece or "" for piece in _CUT.split(text)]


def _join(
    pieces: tuple[str, ...],
    texts: list[str],
    addresses: list[str],
    marks: Mapping[str, str],
    safe: Callable[[str], str],
    pixel: Callable[[str], str],
) -> str:
    out: list[str] = []
    for at in range(0, len(pieces), 3):
        out.append(pieces[at])
        if at + 2 < len(pieces):
            value, link = pieces[at + 1], pieces[at + 2]
            if value:
                out.append(safe(texts[int(value)]))
            elif link == _OPENED:
                out.append(pixel(marks[link]))
            else:
                out.append(safe(marks[link] if link in marks else addresses[int(link)]))
    return "".join(out)


def _escape(text: str) -> str:
    return html.escape(text, quote=True)


def _plainly(text: str) -> str:
    return text


def _pixel(address: str) -> str:
    return (
        f'<img src="{_escape(address)}" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0">' if address else ""
    )
