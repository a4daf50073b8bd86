"""What an error code means, as data: codes.toml gives each its class and its remedy, the texts_codes_*.toml say it to people."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from siyu.base.text import catalogue, say
from siyu.vendors.words import Explanation, Trouble, VendorKind

_FAMILY = {
    VendorKind.WECOM: "wecom",
    VendorKind.OFFICIAL: "wechat",
    VendorKind.MINI: "wechat",
    VendorKind.ALIYUN_SMS: "aliyun",
    VendorKind.TENCENT_SMS: "tencent",
}
WELL = ("0", "OK", "Ok")


@dataclass(frozen=True)
class CodeRule:
    """What is done about a code. `block` are the lengths in seconds for which nobody asks (the next length where it comes again at once),
    `after` how long to wait before asking again makes sense, `is_again` whether the call may be repeated at once, `is_narrower` whether
    fewer may run at the same time from now on. `mend` names the remedy's text.
    """

    trouble: Trouble = Trouble.ITEM
    mend: str = ""
    block: tuple[int, ...] = ()
    after: float = 0
    is_again: bool = False
    is_narrower: bool = False


@cache
def _table() -> dict[str, dict[str, CodeRule]]:
    text = resources.files("siyu.vendors").joinpath("codes.toml").read_text("utf-8")
    read: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(text)
    return {family: {code: _rule(row) for code, row in rows.items()} for family, rows in read.items()}


def _rule(row: dict[str, Any]) -> CodeRule:
    return CodeRule(
        Trouble(row.get("class", "item")), row.get("mend", ""), tuple(row.get("block", ())), float(row.get("after", 0)),
        bool(row.get("again", False)), bool(row.get("narrower", False)),
    )  # fmt: skip


def rule_of(kind: VendorKind | str, code: str) -> CodeRule:
    """What is done about a code; one that nobody has written down fails its item only."""
    family, listed = _listed(kind, code)
    return _table()[family].get(listed, CodeRule())


def _listed(kind: VendorKind | str, code: str) -> tuple[str, str]:
    """Where a code is written: its own row, or that of a whole class (http_502: http_5, Throttling.User: Throttling, 95020: 950)."""
    family = _FAMILY[VendorKind(kind)]
    for where, name in ((family, code), ("own", code), ("own", code[:6]), (family, code.rpartition(".")[0]), (family, code[:3])):
        if name in _table()[where]:
            return where, name
    return family, code


def trouble_of(kind: VendorKind | str, code: str) -> Trouble:
    """The class of a code."""
    return rule_of(kind, code).trouble


def explain(kind: VendorKind | str, code: str, lang: str = "zh") -> Explanation:
    """What a code means and where to mend it, for a person; for the setup page, the doctor, and the reason in a log."""
    family, listed = _listed(kind, code)
    rule = _table()[family].get(listed, CodeRule())
    key = f"vendors.{family}_{key_of(listed)}"
    if key not in catalogue():
        key = "vendors.own_unlisted"
    mend = f"vendors.mend_{rule.mend}" if rule.mend else f"vendors.trouble_{rule.trouble}"
    return Explanation(code, rule.trouble, say(key, lang, code=code), say(mend, lang))


def key_of(code: str) -> str:
    """A code as a part of a text's key."""
    return re.sub(r"[^a-z0-9]+", "_", code.lower().replace("-", "minus_")).strip("_")
