"""What errors say is one catalogue too: every English sentence of an error has its Chinese, and every Chinese one is still said."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.base.errors import InputError, NotFoundError, Told
from siyu.base.sentences import retold, sentences

SRC = Path(__file__).parents[2] / "src" / "siyu"
HOLE = re.compile(r"\{\d+\}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _rooms() -> dict[str, list[ast.AST]]:
    """The calls, classes and texts of each room. The sandbox plays vendors, who speak English."""
    found: dict[str, list[ast.AST]] = {}
    for file in sorted(SRC.rglob("*.py")):
        room = file.relative_to(SRC).parts[0].removesuffix(".py")
        if room != "sandbox":
            nodes = ast.walk(ast.parse(file.read_text("utf-8")))
            found.setdefault(room, []).extend(n for n in nodes if isinstance(n, ast.Call | ast.ClassDef | ast.Constant | ast.JoinedStr))
    return found


ROOMS = _rooms()


def _last(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _errors() -> dict[str, list[str]]:
    """The classes of errors that a person can act on -> the names of what they are made of, in order."""
    found = {"SiyuError": ["what", "remedy"]}
    classes = [node for nodes in ROOMS.values() for node in nodes if isinstance(node, ast.ClassDef)]
    for _ in range(5):  # so many generations
        for node in classes:
            parent = next((_last(base) for base in node.bases if _last(base) in found), "")
            if parent:
                init = [f for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "__init__"]
                found[node.name] = [a.arg for a in init[0].args.args[1:]] if init else found[parent]
    return found


def _written(node: ast.expr) -> Iterator[str]:
    """The sentences that stand in an expression, values as numbered holes. What is a variable or comes from the catalogue is none."""
    if isinstance(node, ast.IfExp):
        yield from _written(node.body)
        yield from _written(node.orelse)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from (a + b for a in _written(node.left) for b in _written(node.right))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        holes = iter(range(len(node.values)))
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else f"{{{next(holes)}}}" for part in node.values)


def _raised(nodes: list[ast.AST], errors: dict[str, list[str]]) -> Iterator[str]:
    """Every sentence that the errors of a room are made with."""
    for call in nodes:
        if isinstance(call, ast.Call) and _last(call.func) in errors:
            given = dict(zip(errors[_last(call.func)], call.args, strict=False)) | {word.arg: word.value for word in call.keywords}
            for part in ("what", "remedy"):
                if part in given:
                    yield from _written(given[part])


def test_every_sentence_of_an_error_has_its_chinese() -> None:
    errors, known, missing = _errors(), sentences(), []
    n = 0
    for room, nodes in ROOMS.items():
        said = known[room].said if room in known else {}
        for sentence in dict.fromkeys(_raised(nodes, errors)):
            n += 1
            if sentence not in said and re.search(r"[A-Za-z]{2}", HOLE.sub("", sentence)):
                missing.append(f'src/siyu/{room}/errors.toml: "{sentence}" = ""')
    assert n > 300, "the sentences of errors are not found any more"
    assert not missing, "\n".join(missing)


def test_no_sentence_is_left_that_nobody_says() -> None:
    """Those that reach an error through a variable stand somewhere in their room, too."""
    unused = []
    for room, known in sentences().items():
        written = {text for node in ROOMS[room] if isinstance(node, ast.Constant | ast.JoinedStr) for text in _written(node)}
        unused += [f"{room}: {sentence}" for sentence in known.said if sentence not in written]
    assert not unused, "\n".join(unused)


def test_the_chinese_is_whole_and_chinese() -> None:
    wrong = []
    everywhere: dict[str, str] = {}
    for room, known in sentences().items():
        for english, chinese in known.said.items():
            if sorted(HOLE.findall(english)) != sorted(HOLE.findall(chinese)):
                wrong.append(f"{room}: the holes differ: {english}")
            bare = re.sub(r"`[^`]*`|\bsiyu( [a-z]+)+|[\w.]*@[\w.]+|[a-z]+://\S*", " ", chinese)
            if not CHINESE.search(bare) or re.search(r"[A-Za-z]{2,}( [a-z]{2,}){2}", bare):
                wrong.append(f"{room}: not Chinese: {chinese}")
            if re.search(r"[\u4e00-\u9fff][,;:!?.]|[,;:!?.][\u4e00-\u9fff]", bare) or english.endswith(".") != chinese.endswith("。"):
                wrong.append(f"{room}: not the points of Chinese: {chinese}")
            if CHINESE.search(english) and not CHINESE.search(chinese):
                wrong.append(f"{room}: {english}")
            if everywhere.setdefault(english, chinese) != chinese:
                wrong.append(f"{room}: said differently in another room: {english}")
    assert not wrong, "\n".join(wrong)


TEMPLATES = sorted({(english, chinese) for known in sentences().values() for english, chinese in known.said.items()})


@pytest.mark.parametrize("part", range(4))
def test_each_sentence_is_found_again_with_its_values(part: int) -> None:
    """A value no sentence has stands where the Chinese wants it: no template is shadowed by a vaguer one."""
    for english, chinese in TEMPLATES[part::4]:
        text, meant = english, chinese
        for hole in HOLE.findall(english):
            text, meant = text.replace(hole, f"值{hole[1:-1]}"), meant.replace(hole, f"值{hole[1:-1]}")
        assert retold(text, "zh") == meant
        assert retold(text, "en") == text


VALUES = st.text(st.characters(categories=("L", "N")), max_size=20)
HOLED = [one for one in TEMPLATES if HOLE.search(one[0])]


@given(st.sampled_from(HOLED), st.lists(VALUES, min_size=4, max_size=4))
def test_values_are_carried_over(template: tuple[str, str], values: list[str]) -> None:
    english, chinese = (HOLE.sub(lambda hole: f"\0{hole[0][1:-1]}\0", text) for text in template)
    for n, value in enumerate(values):
        english, chinese = english.replace(f"\0{n}\0", value), chinese.replace(f"\0{n}\0", value)
    words = {word for known in sentences().values() for word in known.words}
    if not words & set(values):
        assert retold(english, "zh") == chinese


@given(st.text(max_size=60))
def test_what_nobody_wrote_stays_as_it_is(text: str) -> None:
    assert retold(text, "en") == text
    if CHINESE.search(text) and not re.search("[A-Za-z]", text):
        assert retold(text, "zh") == text


def test_an_error_tells_itself_in_both_languages() -> None:
    wrong = InputError("There is no role 'king'.", "Use owner, operator or viewer.", field="role")
    assert wrong.told("zh") == Told("没有 'king' 这个角色。", "请用 owner（老板）、operator（运营）或 viewer（只读）。")
    assert wrong.told("en") == (wrong.what, wrong.remedy)
    assert str(NotFoundError("There is no such person.", "Search again.").told("zh")) == "没有这位客户。请重新搜索。"
    assert str(NotFoundError("There is no such person.", "Search again.").told("en")) == "There is no such person. Search again."
    assert InputError("口令不对。", "再看一次。").told("zh") == ("口令不对。", "再看一次。")


def test_a_sentence_in_a_sentence_is_told_too() -> None:
    assert retold("Fact 3: The time has no time zone.", "zh") == "第 3 条事实：时间没有时区。"
    assert retold("gate.caps[1].window: This is not a length of time.", "zh") == "gate.caps[1].window: 这不是一段时长。"
    assert retold("A broadcast that is done cannot go on.", "zh") == "处于“已结束”的群发不能继续。"
    assert retold("It can from: draft, paused.", "zh") == "只有处于这些状态时可以：草稿、已暂停。"
