"""What the gate allows, as forms: each rule a sentence with holes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from siyu import channels, gate
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.base.money import digits, to_decimal
from siyu.base.text import catalogue
from siyu.web import moments
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.page import form_of, go, ground_of, lang_of, render, say_to, show_of
from siyu.web.setup.tabs import tabs
from siyu.web.words import Role

_SOME_PURPOSES = (("marketing",), ("marketing", "service"), ("marketing", "service", "transactional"), ("service",), ("transactional",))
_WINDOWED = ("official", "official_chat", "official_notice", "mini", "kf")  # whose platforms open and shut
_DEED_OF = ("official", "mini", "kf")
_ROWED = {
    "caps": "n",
    "quotas": "n",
    "budgets": "limit",
    "nights": "from",
    "windows": "n",
}  # rule -> the field that a row cannot be without
_SHOWN_AGAIN = ("caps", "quotas", "nights", "windows", "quiet", "same_topic")  # as they were given, when something of them is refused
PURPOSES = ("marketing", "service", "transactional")
UNITS = ("s", "m", "h", "d")
MOST_ROWS = 20
Words = Mapping[str, list[str]]


def routes(ground: Ground) -> list[Guarded]:
    """One page; each card saves its own rule."""
    return [page("/settings/rules", show, Role.VIEWER), deed("/settings/rules/{name}", keep, Role.OWNER)]


def show(request: Request) -> Response:
    """All rules as they hold now."""
    return _shown(request)


@dataclass(frozen=True)
class Wrong:
    """What was refused of a rule: in which row (from 1; 0 where it has none), in which field, and how it is mended."""

    rule: str
    row: int
    field: str
    what: str
    remedy: str


def _shown(request: Request, wrong: Wrong | None = None, given: Any = None) -> Response:
    ground, lang = ground_of(request), lang_of(request)
    with ground.db.tx() as conn:
        rules = gate.shown(conn)
    currency = show_of(request).currency
    budgets = [b | {"limit": to_decimal(b["limit_minor"], currency)} for b in rules["budgets"]]
    rules |= {"budgets": budgets}
    if wrong is not None and wrong.rule in _SHOWN_AGAIN:
        rules[wrong.rule] = given
    names = list(channels.channels())
    return render(
        request,
        "setup/rules.html",
        status=200 if wrong is None else 422,
        tabs=tabs(request),
        rules=rules,
        wrong=wrong,
        split=split,
        channels=[(c, moments.channel(c or "*", lang)) for c in ("", *names)],
        only_channels=[(c, moments.channel(c, lang)) for c in names],
        windowed=[(c, moments.channel(c, lang)) for c in names if c in _WINDOWED],
        deeds=[(deed.value, say_to(request, f"web.rule_deed_{deed.value}")) for deed in gate.Deed],
        deed_of=[(c, say_to(request, f"web.rule_of_{c}")) for c in _DEED_OF],
        contacted=[(c, moments.channel(c, lang)) for c in dict.fromkeys(("wecom", *rules["contact_is_consent"], *_by_guide(rules)))],
        purposes=[(p, moments.purpose(p, lang)) for p in PURPOSES],
        some_purposes=[(",".join(some), "、".join(moments.purpose(p, lang) for p in some)) for some in _SOME_PURPOSES],
        any_purposes=[("", moments.purpose("*", lang)), *((p, moments.purpose(p, lang)) for p in PURPOSES)],
        units=[(u, say_to(request, f"web.unit_{u}")) for u in UNITS],
    )


def _by_guide(rules: Mapping[str, Any]) -> list[str]:
    """The channels by which a guide's contact is written to."""
    return [name for name, kind in rules["addresses"].items() if kind == "external_userid"]


def split(window: str) -> tuple[str, str]:
    """`7d` as ("7", "d")."""
    return window[:-1], window[-1]


def keep(request: Request) -> Response:
    """Set one rule from its form; what cannot be meant comes back with its row, its field and the remedy."""
    ground, form = ground_of(request), form_of(request)
    name = request.path_params["name"]
    if name not in _FORMS:
        raise InputError(say_to(request, "web.rule_unknown"), field="name")
    words = {key: [str(v) for v in form.getlist(key)] for key in form}
    value = _FORMS[name](words, digits(show_of(request).currency))
    try:
        with ground.db.tx() as conn:
            gate.set_rule(conn, name, value, at=ground.clock.now())
            note(request, conn, "gate.changed", rule=name, value=value)
    except InputError as err:
        return _shown(request, _wrong(request, name, words, err), value)
    return go(request, "/settings/rules", said="web.saved")


def _wrong(request: Request, name: str, words: Words, err: InputError) -> Wrong:
    """The gate's refusal (`gate.caps[1].window`) as the page says it: the row as it stands there, emptied rows counted."""
    found = re.fullmatch(r"gate\.\w+?(?:\[(\d+)\])?(?:\.(\w+))?", err.field)
    part = (found[2] if found else None) or ""
    row = 0
    if found and found[1] is not None and name in _ROWED:
        full = [n for n, text in enumerate(words.get(_ROWED[name], []), 1) if text.strip()]
        row = full[int(found[1])] if int(found[1]) < len(full) else 0
    known = f"web.rule_wrong_{name}_{part}" if f"web.rule_wrong_{name}_{part}" in catalogue() else f"web.rule_wrong_{part}"
    if known not in catalogue():
        what, remedy = err.told(lang_of(request))
        return Wrong(name, row, part, what.removeprefix(f"{err.field}: "), remedy)
    return Wrong(name, row, part, say_to(request, known), say_to(request, f"{known}_remedy"))


def _one(words: Words, name: str, otherwise: str = "") -> str:
    values = words.get(name) or [otherwise]
    return values[0].strip()


def _rows(words: Words, key: str) -> list[dict[str, str]]:
    """The rows of a table of inputs of one length; a row whose `key` is empty is taken away."""
    names = [n for n in words if n != "csrf"]
    count = max((len(words[n]) for n in names), default=0)
    rows = [{n: words[n][i].strip() if i < len(words[n]) else "" for n in names} for i in range(min(count, MOST_ROWS))]
    return [row for row in rows if row.get(key)]


def _number(text: str) -> Any:
    """A whole number where it is one, else the text, which the gate refuses with its own words."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else text


def _window(row: Mapping[str, str]) -> str:
    return f"{row.get('window', '')}{row.get('unit', 'd')}"


def _caps(words: Words, _: int) -> Any:
    return [
        {"n": _number(r["n"]), "window": _window(r), "channel": r.get("channel") or None, "purpose": r.get("purpose") or None,
         "when_full": r.get("when_full") or "refuse"}
        for r in _rows(words, "n")
    ]  # fmt: skip


def _quotas(words: Words, _: int) -> Any:
    return [{"channel": r.get("channel"), "n": _number(r["n"]), "window": _window(r)} for r in _rows(words, "n")]


def _budgets(words: Words, places: int) -> Any:
    found = []
    for row in _rows(words, "limit"):
        text = row["limit"].replace(",", "")
        whole, _, part = text.partition(".")
        is_money = whole.isascii() and whole.isdigit() and (not part or (part.isascii() and part.isdigit())) and len(part) <= places
        minor = int(whole) * 10**places + int((part or "0").ljust(places, "0") or 0) if is_money and len(whole) < 12 else text
        found.append(
            {"limit_minor": minor, "window": _window(row), "channel": row.get("channel") or None, "purpose": row.get("purpose") or None}
        )
    return found


def _quiet(words: Words, _: int) -> Any:
    if _one(words, "is_on") != "on":
        return None
    return {"from": _one(words, "from"), "to": _one(words, "to"), "purposes": words.get("purposes", [])}


def _nights(words: Words, _: int) -> Any:
    return [
        {"channel": r.get("channel"), "from": r["from"], "to": r.get("to", ""), "purposes": [p for p in r.get("for", "").split(",") if p]}
        for r in _rows(words, "from")
    ]


def _windows(words: Words, _: int) -> Any:
    return [
        {"channel": r.get("channel"), "after": r.get("after"), "of": r.get("of"), "n": _number(r["n"]), "window": _window(r)}
        for r in _rows(words, "n")
    ]


def _same_topic(words: Words, _: int) -> Any:
    if _one(words, "is_on") != "on":
        return None
    return {"window": f"{_one(words, 'window')}{_one(words, 'unit', 'h')}", "purposes": words.get("purposes", [])}


def _control(words: Words, _: int) -> Any:
    text = _one(words, "share", "0")
    try:
        share: Any = round(float(text) / 100, 6)
    except ValueError:
        share = text
    return {"share": share, "purposes": words.get("purposes", [])}


_FORMS: dict[str, Callable[[Words, int], Any]] = {
    "caps": _caps,
    "quiet": _quiet,
    "same_topic": _same_topic,
    "quotas": _quotas,
    "budgets": _budgets,
    "control": _control,
    "nights": _nights,
    "windows": _windows,
    "contact_is_consent": lambda words, _: words.get("channels", []),
    "need_consent": lambda words, _: words.get("purposes", []),
}
