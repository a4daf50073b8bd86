"""The documentation names every command, option, setting and environment variable."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from siyu import cli
from siyu.base.ground import Ground
from siyu.cli.knobs import knobs

ROOT = Path(__file__).parents[2]
CLI = (ROOT / "docs" / "cli.md").read_text("utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")


def _walk(parser: argparse.ArgumentParser, words: str = "siyu") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    yield words, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield from _walk(inner, f"{words} {name}")


def test_every_command_and_option_is_written_down() -> None:
    imports = (ROOT / "docs" / "imports.md").read_text("utf-8") if (ROOT / "docs" / "imports.md").is_file() else ""
    for words, parser in _walk(cli.parser()):
        family = words.split()[1:2]
        for name in words.split()[1:]:
            assert re.search(rf"\b{name}\b", CLI), words
        for action in parser._actions:
            for option in action.option_strings:
                if option.startswith("--") and option not in ("--help", "--version"):
                    told = CLI + (imports if family == ["import"] else "")
                    assert option in told or family in (["import"], ["demo"]), f"{words} {option}"


def test_every_setting_is_written_down(ground: Ground) -> None:
    with ground.db.tx() as conn:
        for name in knobs(ground, conn):
            family, _, last = name.rpartition(".")
            assert f"`{name}`" in OPERATIONS or (family == "pool.stages" and f"`{last}`" in OPERATIONS) or family == "gate", name


def test_every_setting_that_is_written_down_can_be_set(ground: Ground) -> None:
    """The story: four settings were read and documented, and neither a command nor a page could set them."""
    table = OPERATIONS.partition("## Settings")[2].partition("## ")[0]
    told = {name for row in re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE) for name in re.findall(r"`([a-z_.]+)`", row) if "." in name}
    with ground.db.tx() as conn:
        known = set(knobs(ground, conn))
    on_pages = {"growth.welcomes", "pool.stages."}  # the page of welcomes; a family of names
    assert len(told) > 25 and told - on_pages <= known, told - on_pages - known


def test_every_environment_variable_is_written_down() -> None:
    named = set()
    for file in (ROOT / "src" / "siyu").rglob("*.py"):
        named |= set(re.findall(r"\bSIYU_[A-Z_]+\b", file.read_text("utf-8")))
    missing = {name for name in named if f"`{name}`" not in OPERATIONS}
    assert not missing, missing
