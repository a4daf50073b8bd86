"""The little language of templates: `{{ name | fallback: "朋友" }}` and `{% if tag "VIP" %} ... {% else %} ... {% end %}`.

It can put a value, run it through a few filters and choose between two texts. It has no attributes, no calls, no loops, so a template
can do no harm whoever writes it. Full-width punctuation of Chinese keyboards (｜ ： “ ”) is read like its narrow twin.

    value     = "{{" name { "|" filter [":" argument] } "}}"
    condition = "{%" "if" ["not"] ( name | "tag" argument ) "%}"  ...  [ "{%" "else" "%}" ... ]  "{%" "end" "%}"
    argument  = "text" | 'text' | “text” | number
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from siyu.content.filters import FILTERS, Unreadable, show
from siyu.content.words import Look, Problem

_OPEN = re.compile(r"\{\{|\{%")
_NAME = re.compile(r"[^\W\d]\w*")
_WORD = re.compile(r"\S+")
_ARGUMENT = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|“([^”]*)”|‘([^’]*)’|([\w.\-]+))\s*""")
_SINGLE = re.compile(r"(?<!\{)\{\s*([^\W\d]\w*)\s*\}(?!\})")
_DEEPEST = 8


@dataclass(frozen=True)
class Value:
    """A place for one value, with the filters it goes through."""

    name: str
    filters: tuple[tuple[str, str | None], ...]
    line: int
    column: int

    @property
    def has_fallback(self) -> bool:
        """Whether a text stands ready for people without this value."""
        return any(name == "fallback" for name, _ in self.filters)


@dataclass(frozen=True)
class Choice:
    """Two texts, one of which is shown: by a tag, or by whether a value is there."""

    name: str
    tag: str | None
    is_not: bool
    yes: tuple[Node, ...]
    no: tuple[Node, ...]


Node = str | Value | Choice


@dataclass(frozen=True)
class Template:
    """A parsed text. `problems` is empty when it can be used as it is."""

    nodes: tuple[Node, ...]
    problems: tuple[Problem, ...]
    values: tuple[Value, ...]


@dataclass
class _Frame:
    name: str = ""
    tag: str | None = None
    is_not: bool = False
    at: int = 0
    yes: list[Node] = field(default_factory=list)
    no: list[Node] = field(default_factory=list)
    has_else: bool = False

    @property
    def here(self) -> list[Node]:
        return self.no if self.has_else else self.yes


def parse(source: str, where: str) -> Template:
    """Read a template. Never raises: what is wrong comes back as problems with line and column."""
    return _Reader(source, where).read()


class _Reader:
    def __init__(self, source: str, where: str) -> None:
        self.source, self.where = source, where
        self.problems: list[Problem] = []
        self.values: list[Value] = []
        self.frames = [_Frame()]

    def place(self, at: int) -> tuple[int, int]:
        return self.source.count("\n", 0, at) + 1, at - (self.source.rfind("\n", 0, at) + 1) + 1

    def wrong(self, code: str, at: int, *, is_fatal: bool = True, **values: Any) -> None:
        line, column = self.place(at)
        self.problems.append(Problem(code, self.where, line, column, is_fatal, values))

    def read(self) -> Template:
        at = 0
        for start, end, is_value in self.marks():
            self.text(at, start)
            inner = self.source[start + 2 : end - 2]
            if is_value:
                self.value(inner, start + 2)
            else:
                self.command(inner, start)
            at = end
        self.text(at, len(self.source))
        for frame in self.frames[1:]:
            self.wrong("if_open", frame.at)
        while len(self.frames) > 1:
            self.close()
        return Template(tuple(self.frames[0].yes), tuple(self.problems), tuple(self.values))

    def marks(self) -> Iterator[tuple[int, int, bool]]:
        at = 0
        while match := _OPEN.search(self.source, at):
            is_value = match.group() == "{{"
            end = self.source.find("}}" if is_value else "%}", match.end())
            again = _OPEN.search(self.source, match.end())
            if end < 0 or (again and again.start() < end):
                self.wrong("unclosed", match.start(), closing="}}" if is_value else "%}")
                at = match.end()
                continue
            at = end + 2
            yield match.start(), at, is_value

    def text(self, start: int, end: int) -> None:
        if start < end:
            piece = self.source[start:end]
            for match in _SINGLE.finditer(piece):
                self.wrong("single_brace", start + match.start(), is_fatal=False, name=match.group(1))
            self.frames[-1].here.append(piece)

    def value(self, inner: str, offset: int) -> None:
        flat = inner.replace("｜", "|").replace("：", ":")
        parts = list(_split(flat))
        head, at = parts[0][0].strip(), offset + parts[0][1] + len(parts[0][0]) - len(parts[0][0].lstrip())
        if not _NAME.fullmatch(head):
            self.bad_name(head, at)
            return
        filters: list[tuple[str, str | None]] = []
        for part, start in parts[1:]:
            where = offset + start + len(part) - len(part.lstrip())
            name, colon, rest = part.strip().partition(":")
            name = name.strip()
            if name not in FILTERS:
                self.wrong("filter_unknown", where, name=name, known=", ".join(FILTERS))
                return
            argument = None
            if colon:
                match = _ARGUMENT.fullmatch(rest)
                if not match:
                    self.wrong("argument", where, name=name)
                    return
                argument = next(g for g in match.groups() if g is not None)
            if complaint := FILTERS[name].complaint(argument):
                self.wrong(complaint, where, name=name, argument=argument or "")
                return
            filters.append((name, argument))
        line, column = self.place(offset - 2)
        value = Value(head, tuple(filters), line, column)
        self.values.append(value)
        self.frames[-1].here.append(value)

    def bad_name(self, head: str, at: int) -> None:
        if not head:
            self.wrong("name_empty", at)
        elif "." in head or "(" in head or "[" in head:
            self.wrong("name_plain", at, name=head)
        else:
            self.wrong("name_bad", at, name=head)

    def command(self, inner: str, start: int) -> None:
        words = [m.group() for m in _WORD.finditer(inner)]
        first = words[0] if words else ""
        if first == "if":
            if len(self.frames) > _DEEPEST:
                self.wrong("if_deep", start, deepest=_DEEPEST)
            self.frames.append(self.condition(inner.strip()[2:].strip(), start))
        elif first in ("else", "end", "endif") and len(words) == 1:
            if len(self.frames) == 1:
                self.wrong("if_none", start, word=first)
            elif first != "else":
                self.close()
            elif self.frames[-1].has_else:
                self.wrong("else_twice", start)
            else:
                self.frames[-1].has_else = True
        else:
            self.wrong("command_unknown", start, name=first)

    def condition(self, text: str, start: int) -> _Frame:
        is_not = text.startswith("not ")
        rest = text[4:].strip() if is_not else text
        if rest.startswith("tag") and (match := _ARGUMENT.fullmatch(rest[3:])) and rest[3:4] in (" ", '"', "'", "“", "‘", ""):
            return _Frame(tag=next(g for g in match.groups() if g is not None), is_not=is_not, at=start)
        if not _NAME.fullmatch(rest):
            self.wrong("condition", start)
            rest = "_"
        return _Frame(name=rest, is_not=is_not, at=start)

    def close(self) -> None:
        frame = self.frames.pop()
        self.frames[-1].here.append(Choice(frame.name, frame.tag, frame.is_not, tuple(frame.yes), tuple(frame.no)))


def _split(text: str) -> Iterator[tuple[str, int]]:
    """Cut at `|` outside quotes; gives each part with its offset."""
    closing, start = "", 0
    pairs = {'"': '"', "'": "'", "“": "”", "‘": "’"}
    for at, sign in enumerate(text):
        if closing:
            closing = "" if sign == closing else closing
        elif sign in pairs:
            closing = pairs[sign]
        elif sign == "|":
            yield text[start:at], start
            start = at + 1
    yield text[start:], start


def choose(nodes: tuple[Node, ...], person: Mapping[str, Any]) -> tuple[list[str | Value], tuple[bool, ...]]:
    """Settle every choice for one person: the flat text with its values, and the row of answers that led there."""
    flat: list[str | Value] = []
    answers: list[bool] = []

    def walk(some: tuple[Node, ...]) -> None:
        for node in some:
            if isinstance(node, Choice):
                answer = _holds(node, person)
                answers.append(answer)
                walk(node.yes if answer else node.no)
            else:
                flat.append(node)

    walk(nodes)
    return flat, tuple(answers)


def _holds(choice: Choice, person: Mapping[str, Any]) -> bool:
    if choice.tag is not None:
        answer = choice.tag in (person.get("tags") or ())
    else:
        answer = person.get(choice.name) not in (None, "", 0, False, (), [])
    return answer is not choice.is_not


def fill(value: Value, person: Mapping[str, Any], look: Look) -> str | None:
    """The text of one value for one person; None when there is none and no fallback stands ready."""
    found: Any = person.get(value.name)
    for name, argument in value.filters:
        if found in (None, "") and name != "fallback":
            continue
        try:
            found = FILTERS[name].run(found, argument, look)
        except Unreadable:
            found = None
    text = "" if found is None else show(found, look).strip()
    return text or None


def fill_text(nodes: tuple[Node, ...], person: Mapping[str, Any], look: Look, missing: Callable[[str], object]) -> str:
    """A whole template as plain text on one line or many; `missing` hears the names that had no value."""
    parts: list[str] = []
    for node in choose(nodes, person)[0]:
        if isinstance(node, str):
            parts.append(node)
            continue
        text = fill(node, person, look)
        if text is None:
            missing(node.name)
        else:
            parts.append(text)
    return "".join(parts)
