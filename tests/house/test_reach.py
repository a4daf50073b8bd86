"""Nothing in the program is there for its tests alone: whatever has a name is named somewhere else in it, too."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

SRC = Path(__file__).parents[2] / "src" / "siyu"
LIBRARIES_CALL = {"do_GET", "do_POST", "log_message", "handle_RCPT", "handle_DATA", "readable", "readinto"}
FOR_TESTS = {"StillClock"}  # a clock that tests and benches hold still
Named = tuple[Path, int, int, str]


def _made(file: Path, tree: ast.AST) -> Iterator[Named]:
    """Classes and functions that nobody enters into a table by decorating them: file, first and last line, name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            is_entered = any(isinstance(one, ast.Call) and "dataclass" not in ast.unparse(one) for one in node.decorator_list)
            if not is_entered and not node.name.startswith("__"):
                yield file, node.lineno, node.end_lineno or node.lineno, node.name


def _uses(file: Path, tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Names that are read, and words in plain texts. Importing a name, or listing it at a door, is no use."""
    doors = [n for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "__all__"]
    listed = {id(node) for door in doors for node in ast.walk(door)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr, node.lineno
        elif isinstance(node, ast.alias) and node.asname:
            yield node.name, node.lineno  # used under another name
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in listed
            and re.fullmatch(r"[\w.]+", node.value)
        ):
            for word in node.value.split("."):
                yield word, node.lineno


def test_whatever_has_a_name_is_reached() -> None:
    """The story: eighty functions of the vendors' clients, and thirty of other rooms, were called by their own tests and by nobody else.

    It goes by names, so that one of two functions of one name may hide; what it finds is nobody's for sure.
    """
    made: list[Named] = []
    read: dict[str, list[tuple[Path, int]]] = defaultdict(list)
    for file in SRC.rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        made += _made(file, tree)
        for name, line in _uses(file, tree):
            read[name].append((file, line))
    pages = "\n".join(file.read_text("utf-8") for end in ("*.html", "*.txt", "*.js") for file in SRC.rglob(end))
    shown = set(re.findall(r"\w+", pages))
    alone = [
        f"{file.relative_to(SRC)}:{first} {name}"
        for file, first, last, name in made
        if name not in shown | LIBRARIES_CALL | FOR_TESTS
        and not any(where != file or not first <= line <= last for where, line in read[name])
    ]
    assert len(made) > 5000 and not alone, "\n".join(alone)
