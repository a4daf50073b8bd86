"""Promises about the project itself: words, commands, size, and what must never be committed."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "siyu"


def _tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / line for line in done.stdout.splitlines() if (ROOT / line).is_file()]


def test_the_glossary_knows_every_word_of_the_rooms() -> None:
    told = (ROOT / "GLOSSARY.md").read_text("utf-8")
    missing = []
    for file in SRC.glob("*/**/words.py"):
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and f"`{node.name}`" not in told:
                missing.append(f"{node.name} ({file.relative_to(SRC)})")
    assert not missing, "name these in GLOSSARY.md with their Chinese:\n" + "\n".join(missing)


def test_every_glossary_row_has_its_chinese() -> None:
    rows = [line for line in (ROOT / "GLOSSARY.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    assert rows
    wrong = [row for row in rows if not re.search(r"[\u4e00-\u9fff]", row)]
    assert not wrong, wrong


def test_the_glossary_knows_no_class_that_is_gone() -> None:
    """Words of two or more words are names of classes; single ones may be words of the field."""
    classes = {n.name for file in SRC.rglob("*.py") for n in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(n, ast.ClassDef)}
    told = re.findall(r"^\| `([A-Z][a-z]+[A-Z]\w+)`", (ROOT / "GLOSSARY.md").read_text("utf-8"), re.MULTILINE)
    assert len(told) > 50 and not set(told) - classes, set(told) - classes


def test_public_things_say_what_their_names_cannot() -> None:
    missing = []
    for file in SRC.rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        if file.name != "__init__.py" and not ast.get_docstring(tree) and tree.body:
            missing.append(f"{file.relative_to(SRC)}: the module")
        for node in tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node):
                missing.append(f"{file.relative_to(SRC)}: {node.name}")
    assert not missing, "\n".join(missing)


def test_nothing_of_one_machine_is_committed() -> None:
    """No address of a registry, no path of somebody's machine, no key."""
    bad = re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|/root/|/work/|BEGIN (?:RSA |EC )?PRIVATE KEY", re.IGNORECASE)
    wrong = []
    for file in _tracked():
        if file.suffix in {".parquet", ".png", ".gz", ".xlsx"} or file == Path(__file__).resolve():
            continue
        text = file.read_text("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), 1):
            if bad.search(line):
                wrong.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert not wrong, "\n".join(wrong)


def test_readme_commands_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    helped = subprocess.run([str(ROOT / ".venv/bin/siyu"), "--help"], capture_output=True, text=True, check=True).stdout
    for name in ("README.md", "README.zh.md"):
        text = (ROOT / name).read_text("utf-8")
        shown = (
            "\n".join(re.findall(r"```(?:sh|bash|console)?\n(.*?)```", text, re.DOTALL))
            + "\n"
            + "\n".join(re.findall(r"`([^`\n]+)`", text))
        )
        for target in re.findall(r"^make ([a-z-]+)", shown, re.MULTILINE):
            assert target in targets, f"{name}: make {target}"
        for command in re.findall(r"^(?:\.venv/bin/)?siyu ([a-z]+)", shown, re.MULTILINE):
            assert re.search(rf"\b{command}\b", helped), f"{name}: siyu {command}"


def test_files_stay_about_one_thing() -> None:
    """Past 600 lines a file is surely about two things; cut it by meaning."""
    long = {str(f.relative_to(SRC)): n for f in SRC.rglob("*.py") if (n := len(f.read_text("utf-8").splitlines())) > 600}
    assert not long, long
