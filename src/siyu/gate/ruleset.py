"""The rules as data: reading the settings `gate.*`, and refusing what cannot be meant.

Durations are written as people write them: `30m`, `24h`, `7d`. docs/gate.md names every setting with its default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

from siyu.base.errors import InputError
from siyu.gate.words import Allowance, Cap, Deed, GateRules, Night, Purpose, QuietHours, Quota, Window

LONGEST = timedelta(days=90)  # of a window: what the gate remembers
PREFIX = "gate."

_DURATION = re.compile(r"(\d{1,6})\s*([smhd])")
_UNIT = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DEFAULT = GateRules()
_MANY = 1_000_000_000


def read(settings: Mapping[str, Any]) -> GateRules:
    """The rules of the settings (full names, `gate.caps`), defaults where there is none. Raises `InputError` naming the setting."""
    found = {name.removeprefix(PREFIX): value for name, value in settings.items() if name.startswith(PREFIX)}
    unknown = sorted(found.keys() - _READERS.keys())
    if unknown:
        raise InputError(f"The gate has no setting {PREFIX + unknown[0]}.", f"It has: {', '.join(sorted(_READERS))}.", field=unknown[0])
    values: dict[str, Any] = {}
    for name, value in found.items():
        try:
            values |= _READERS[name](value)
        except InputError as err:
            where = f"{PREFIX}{name}{err.field}"
            raise InputError(f"{where}: {err.what}", err.remedy, field=where) from None
    return replace(_DEFAULT, **values)


def show(rules: GateRules) -> dict[str, Any]:
    """The rules as the settings that would give them."""
    quiet = rules.quiet
    return {
        "caps": [
            {
                "n": c.n,
                "window": written(c.window),
                "channel": c.channel,
                "purpose": c.purpose,
                "when_full": "wait" if c.is_patient else "refuse",
            }
            for c in rules.caps
        ],
        "quiet": None if quiet is None else {"from": quiet.start, "to": quiet.end, "purposes": list(quiet.purposes)},
        "nights": [
            {"channel": n.channel, "from": n.hours.start, "to": n.hours.end, "purposes": list(n.hours.purposes)} for n in rules.nights
        ],
        "windows": [
            {"channel": w.channel, "after": str(w.after), "of": w.of, "n": w.n, "window": written(w.within)} for w in rules.windows
        ],
        "same_topic": {"window": written(rules.same_topic), "purposes": list(rules.same_topic_purposes)} if rules.same_topic else None,
        "quotas": [{"channel": q.channel, "n": q.n, "window": written(q.window)} for q in rules.quotas],
        "budgets": [
            {"limit_minor": b.limit_minor, "window": written(b.window), "channel": b.channel, "purpose": b.purpose} for b in rules.budgets
        ],
        "control": {"share": rules.control_share, "salt": rules.control_salt, "purposes": list(rules.control_purposes)},
        "need_consent": list(rules.need_consent),
        "addresses": dict(rules.addresses),
        "contact_is_consent": list(rules.contact_is_consent),
        "idempotent": list(rules.idempotent),
        "zone_trait": rules.zone_trait,
    }


def written(of: timedelta) -> str:
    """A duration as it is written in a setting: `7d`, `36h`, `90m`."""
    seconds = int(of.total_seconds())
    for letter, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0 and (seconds >= 2 * size or letter == "m" or (letter == "h" and seconds == size)):
            return f"{seconds // size}{letter}"
    return f"{seconds}s"


def _duration(value: object, *, least: timedelta = timedelta(seconds=1)) -> timedelta:
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise InputError("This is not a length of time.", "Write a number and a unit: 30m, 24h, 7d.", field=".window")
    found = timedelta(**{_UNIT[match[2]]: int(match[1])})
    if not least <= found <= LONGEST:
        raise InputError("The window is too short or too long.", f"Use {written(least)} to {written(LONGEST)}.", field=".window")
    return found


def _count(value: object, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MANY:
        raise InputError("This is not a whole number from 0 to a billion.", "Write such a number.", field=field)
    return value


def _name(value: object, field: str) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InputError("This is not a name.", "Write a name, or null for all.", field=field)
    return value


def _purpose(value: object, field: str) -> str | None:
    name = _name(value, field)
    if name is not None and name not in set(Purpose):
        raise InputError("This purpose does not exist.", f"Use {', '.join(Purpose)}, or null for all.", field=field)
    return name


def _purposes(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InputError("The purposes are not a list.", f"Write a list of: {', '.join(Purpose)}.", field=".purposes")
    found = [_purpose(item, ".purposes") for item in value]
    if None in found:
        raise InputError("A purpose is empty.", f"Write a list of: {', '.join(Purpose)}.", field=".purposes")
    return tuple(str(name) for name in found)


def _parts(value: object, known: set[str], needed: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError("This is not an object.", f"Write an object with {', '.join(sorted(needed))}.")
    strange = sorted(set(value) - known)
    if strange:
        raise InputError(f"It has no part {strange[0]!r}.", f"Parts: {', '.join(sorted(known))}.", field=f".{strange[0]}")
    missing = sorted(needed - set(value))
    if missing:
        raise InputError(f"The part {missing[0]!r} is missing.", f"Needed: {', '.join(sorted(needed))}.", field=f".{missing[0]}")
    return value


def _each(value: object, one: Callable[[object], Any]) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise InputError("This is not a list.", "Write a list, empty for none.")
    found = []
    for number, item in enumerate(value):
        try:
            found.append(one(item))
        except InputError as err:
            raise InputError(err.what, err.remedy, field=f"[{number}]{err.field}") from None
    return tuple(found)


def _cap(value: object) -> Cap:
    parts = _parts(value, {"n", "window", "channel", "purpose", "when_full"}, {"n", "window"})
    full = parts.get("when_full", "refuse")
    if full not in ("refuse", "wait"):
        raise InputError("It is not clear what to do when the cap is full.", "Use refuse or wait.", field=".when_full")
    n = _count(parts["n"], ".n")
    if n > 1_000:
        raise InputError("A cap on one person of more than 1000 messages is none.", "Use 0 to 1000, or leave the cap out.", field=".n")
    return Cap(
        n, _duration(parts["window"]), _name(parts.get("channel"), ".channel"), _purpose(parts.get("purpose"), ".purpose"), full == "wait"
    )


def _quota(value: object) -> Quota:
    parts = _parts(value, {"channel", "n", "window"}, {"channel", "n", "window"})
    channel = _name(parts["channel"], ".channel")
    if channel is None:
        raise InputError("A quota belongs to a channel.", "Name the channel: email.", field=".channel")
    return Quota(channel, _count(parts["n"], ".n"), _duration(parts["window"]))


def _budget(value: object) -> Allowance:
    parts = _parts(value, {"limit_minor", "window", "channel", "purpose"}, {"limit_minor", "window"})
    return Allowance(
        _count(parts["limit_minor"], ".limit_minor"),
        _duration(parts["window"]),
        _name(parts.get("channel"), ".channel"),
        _purpose(parts.get("purpose"), ".purpose"),
    )


def _wall(value: object, field: str) -> str:
    try:
        at = time.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is not None or at.second or at.microsecond:
        raise InputError("This is not a time of day.", "Write it as 21:00.", field=field)
    return f"{at:%H:%M}"


def _quiet(value: object) -> dict[str, Any]:
    if value is None:
        return {"quiet": None}
    parts = _parts(value, {"from", "to", "purposes"}, {"from", "to"})
    purposes = _purposes(parts.get("purposes", ["marketing"]))
    start, end = _wall(parts["from"], ".from"), _wall(parts["to"], ".to")
    if start == end:
        raise InputError(
            "The quiet hours begin and end at the same time.", "Write null for none; a whole day cannot be quiet.", field=".to"
        )
    return {"quiet": QuietHours(start, end, purposes)}


def _night(value: object) -> Night:
    parts = _parts(value, {"channel", "from", "to", "purposes"}, {"channel", "from", "to"})
    hours = _quiet({name: part for name, part in parts.items() if name != "channel"})["quiet"]
    return Night(_of_channel(parts["channel"], ".channel"), hours)


def _window(value: object) -> Window:
    parts = _parts(value, {"channel", "after", "of", "n", "window"}, {"channel", "after", "of", "n", "window"})
    if parts["after"] not in set(Deed):
        raise InputError("This is nothing that opens a channel.", f"Use {', '.join(Deed)}.", field=".after")
    channel, of = _of_channel(parts["channel"], ".channel"), _of_channel(parts["of"], ".of")
    return Window(channel, Deed(parts["after"]), of, _count(parts["n"], ".n"), _duration(parts["window"]))


def _of_channel(value: object, field: str) -> str:
    name = _name(value, field)
    if name is None:
        raise InputError("No channel is named.", "Name the channel: sms.", field=field)
    return name


def _same_topic(value: object) -> dict[str, Any]:
    if value is None:
        return {"same_topic": timedelta(0)}
    parts = _parts(value, {"window", "purposes"}, {"window"})
    return {"same_topic": _duration(parts["window"]), "same_topic_purposes": _purposes(parts.get("purposes", ["marketing"]))}


def _control(value: object) -> dict[str, Any]:
    parts = _parts(value, {"share", "salt", "purposes"}, {"share"})
    share = parts["share"]
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 0.5:
        raise InputError("The share of the control group is not between 0 and 0.5.", "Write 0.05 for five in a hundred.", field=".share")
    return {
        "control_share": float(share),
        "control_salt": _name(parts.get("salt"), ".salt") or _DEFAULT.control_salt,
        "control_purposes": _purposes(parts.get("purposes", ["marketing"])),
    }


def _addresses(value: object) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(k, str) and isinstance(v, str) for k, v in value.items()):
        raise InputError("This is not an object of channels and kinds.", 'Write {"email": "email", "sms": "phone"}.')
    return {"addresses": dict(value)}


def _channels(name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise InputError("This is not a list of channels.", 'Write ["webhook"].')
    return {name: tuple(value)}


_READERS: dict[str, Callable[[object], dict[str, Any]]] = {
    "caps": lambda value: {"caps": _each(value, _cap)},
    "quiet": _quiet,
    "nights": lambda value: {"nights": _each(value, _night)},
    "windows": lambda value: {"windows": _each(value, _window)},
    "same_topic": _same_topic,
    "quotas": lambda value: {"quotas": _each(value, _quota)},
    "budgets": lambda value: {"budgets": _each(value, _budget)},
    "control": _control,
    "need_consent": lambda value: {"need_consent": _purposes(value)},
    "addresses": _addresses,
    "contact_is_consent": lambda value: _channels("contact_is_consent", value),
    "idempotent": lambda value: _channels("idempotent", value),
    "zone_trait": lambda value: {"zone_trait": _name(value, "") or _DEFAULT.zone_trait},
}
NAMES = tuple(_READERS)
