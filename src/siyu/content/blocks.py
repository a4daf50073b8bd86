"""From a simple way of writing to blocks: headings, paragraphs, lists, quotes, rules, pictures and buttons.

    # A heading          - a list item        > a quote        ---        ![what it shows](https://…/picture.jpg)
    ## A smaller one     1. a numbered one    [[A button]](https://…)     **strong**  *soft*  [a link](https://…)  https://bare.link

The text may hold slots (`SLOT_OPEN`, a number, `SLOT_CLOSE`): places for a person's values, put in after the blocks are made, so that no
value can ever be read as markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

SLOT_OPEN, SLOT_CLOSE = "\ue000", "\ue001"


@dataclass(frozen=True)
class Words:
    """Plain words."""

    text: str


@dataclass(frozen=True)
class Break:
    """A new line inside a block."""


@dataclass(frozen=True)
class Strong:
    """Words that stand out (`soft` ones lean instead)."""

    inside: tuple[Span, ...]
    is_soft: bool = False


@dataclass(frozen=True)
class Link:
    """Words that lead to a place."""

    inside: tuple[Span, ...]
    target: str


Span = Words | Break | Strong | Link


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 or 2."""

    level: int
    inside: tuple[Span, ...]


@dataclass(frozen=True)
class Paragraph:
    """Running text; a quote when it is somebody's words."""

    inside: tuple[Span, ...]
    is_quote: bool = False


@dataclass(frozen=True)
class Items:
    """A list."""

    items: tuple[tuple[Span, ...], ...]
    is_numbered: bool


@dataclass(frozen=True)
class Rule:
    """A line across."""


@dataclass(frozen=True)
class Button:
    """The thing to press."""

    inside: tuple[Span, ...]
    target: str


@dataclass(frozen=True)
class Picture:
    """An image at an https address, with words for those who do not see it."""

    words: str
    source: str


Block = Heading | Paragraph | Items | Rule | Button | Picture

_HEADING = re.compile(r"(#{1,3})\s+(.*)")
_BULLET = re.compile(r"[-*•]\s+(.*)")
_NUMBER = re.compile(r"\d{1,3}[.、)]\s*(.*)")
_QUOTE = re.compile(r">\s?(.*)")
_RULE = re.compile(r"-{3,}|\*{3,}|_{3,}")
_BUTTON = re.compile(r"\[\[(.+?)\]\]\(\s*(\S+?)\s*\)")
_PICTURE = re.compile(r"!\[(.*?)\]\(\s*(\S+?)\s*\)")
_SPANS = re.compile(
    r"!?\[(?P<label>[^\[\]]+)\]\(\s*(?P<target>\S+?)\s*\)"
    r"|\[\[(?P<pressed>[^\[\]]+)\]\]\(\s*(?P<to>\S+?)\s*\)"  # a button inside a line is a link
    r"|\*\*(?P<strong>\S(?:.*?\S)?)\*\*"
    r"|\*(?P<soft>\S(?:[^*]*?\S)?)\*"
    r"|(?P<bare>https?://[^\s<>*\"'，。；：！？、）】」』》\)\]\ue000-\ue001]+)"
)
_TARGET = re.compile(r"\]\(\s*([^)\n]*?)\s*\)")
_BARE = re.compile(r"https?://[^\s<>*\"'，。；：！？、）】」』》\)\]]+")


def blocks(text: str) -> tuple[Block, ...]:
    """Read a text. Everything is some block: there is no wrong text, only wrong addresses (see `bad_targets`)."""
    found: list[Block] = []
    for group in _groups(text):
        found.extend(_group(group))
    return tuple(found)


def _groups(text: str) -> Iterator[list[str]]:
    group: list[str] = []
    for line in [*text.replace("\r\n", "\n").split("\n"), ""]:
        if line.strip():
            group.append(line.strip())
        elif group:
            yield group
            group = []


def _group(lines: list[str]) -> Iterator[Block]:
    """Lines without an empty one between them: neighbours of one kind go together."""
    kind, gathered = "", [""]
    for line in [*lines, None]:
        now, content = ("", "") if line is None else _kind(line)
        if kind and (now != kind or kind in ("heading", "rule", "button", "picture")):
            yield _block(kind, gathered)
            gathered = []
        if not kind:
            gathered = []
        gathered.append(content)
        kind = now


def _kind(line: str) -> tuple[str, str]:
    if _RULE.fullmatch(line):
        return "rule", line
    for kind, pattern in (("bullet", _BULLET), ("number", _NUMBER), ("quote", _QUOTE)):
        if match := pattern.fullmatch(line):
            return kind, match.group(1)
    for kind, pattern in (("heading", _HEADING), ("button", _BUTTON), ("picture", _PICTURE)):
        if pattern.fullmatch(line):
            return kind, line
    return "words", line


def _block(kind: str, lines: list[str]) -> Block:
    if kind == "rule":
        return Rule()
    if kind in ("bullet", "number"):
        return Items(tuple(spans(line) for line in lines), kind == "number")
    if kind == "heading" and (match := _HEADING.fullmatch(lines[0])):
        return Heading(min(2, len(match.group(1))), spans(match.group(2)))
    if kind == "button" and (match := _BUTTON.fullmatch(lines[0])):
        return Button(spans(match.group(1), is_label=True), match.group(2))
    if kind == "picture" and (match := _PICTURE.fullmatch(lines[0])):
        return Picture(match.group(1), match.group(2))
    inside: list[Span] = []
    for line in lines:
        inside += [Break()] if inside else []
        inside += spans(line)
    return Paragraph(tuple(inside), kind == "quote")


def spans(text: str, *, is_label: bool = False) -> tuple[Span, ...]:
    """The pieces of one line. A label (of a link or button) holds no further links."""
    found: list[Span] = []
    at = 0
    for match in _SPANS.finditer(text):
        label, target = match["label"] or match["pressed"], match["target"] or match["to"]
        if is_label and (label or match["bare"]):
            continue
        if match.start() > at:
            found.append(Words(text[at : match.start()]))
        at = match.end()
        if label:
            found.append(Link(spans(label, is_label=True), target))
        elif match["strong"]:
            found.append(Strong(spans(match["strong"], is_label=is_label)))
        elif match["soft"]:
            found.append(Strong(spans(match["soft"], is_label=is_label), is_soft=True))
        else:
            bare = match["bare"].rstrip(".,;:!?")
            at = match.start() + len(bare)
            found.append(Link((Words(bare),), bare))
    if at < len(text):
        found.append(Words(text[at:]))
    return tuple(found)


def targets(some: tuple[Block, ...]) -> list[str]:
    """Every address that the blocks lead to, in order, each once. Pictures are not places."""
    found: dict[str, None] = {}

    def walk(inside: tuple[Span, ...]) -> None:
        for span in inside:
            if isinstance(span, Link):
                found[span.target] = None
            elif isinstance(span, Strong):
                walk(span.inside)

    for block in some:
        if isinstance(block, Button):
            found[block.target] = None
        elif isinstance(block, Items):
            for item in block.items:
                walk(item)
        elif isinstance(block, (Heading, Paragraph)):
            walk(block.inside)
    return list(found)


def written_targets(source: str) -> Iterator[tuple[int, str]]:
    """Every address as it stands in the source, with its offset: to point at the wrong ones."""
    spans_seen: list[tuple[int, int]] = []
    for match in _TARGET.finditer(source):
        spans_seen.append(match.span(1))
        yield match.start(1), match.group(1)
    for match in _BARE.finditer(source):
        if not any(start <= match.start() < end for start, end in spans_seen):
            yield match.start(), match.group().rstrip(".,;:!?")


def complaint(target: str) -> str:
    """What is wrong with an address, as the code of a problem; empty when it may stand in a message."""
    if "{{" in target or "{%" in target or SLOT_OPEN in target:
        return "link_value"
    if len(target) > 2000:
        return "link_long"
    if target.startswith(("mailto:", "tel:")):
        return ""
    try:
        parts = urlsplit(target)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "link_bad"
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() or ord(c) < 32 for c in target):
        return "link_bad"
    return "link_login" if parts.username or parts.password else ""


def is_tracked(target: str) -> bool:
    """Whether a click on it can be counted: pages, not phone numbers or letters."""
    return target.startswith(("http://", "https://"))
