"""The timeline in words: what a fact says to a person who reads it. Pure: moments in, sentences out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from siyu.base.text import catalogue, say
from siyu.pool import Moment
from siyu.web import contacts
from siyu.web.shown import Show

# fact type -> (glyph's text key, icon, tone)
_LOOK = {
    "order.paid": ("order", "shop", "green"),
    "order.refunded": ("refund", "undo", "red"),
    "order.adjusted": ("adjust", "edit", "grey"),
    "profile.stated": ("profile", "people", "grey"),
    "tag.added": ("tag", "tag", "amber"),
    "tag.removed": ("tag", "tag", "grey"),
    "consent.given": ("consent", "shield", "green"),
    "consent.withdrawn": ("consent", "shield", "red"),
    "page.viewed": ("view", "eye", "grey"),
    "product.viewed": ("view", "eye", "grey"),
    "cart.added": ("cart", "box", "blue"),
    "message.sent": ("message", "send", "blue"),
    "message.delivered": ("message", "mail", "blue"),
    "message.opened": ("message", "mail", "blue"),
    "message.clicked": ("message", "link", "blue"),
    "message.bounced": ("message", "alert", "red"),
    "message.rejected": ("message", "alert", "red"),
    "message.unknown": ("message", "alert", "amber"),
    "message.unsubscribed": ("message", "close", "red"),
    "message.complained": ("message", "alert", "red"),
    "message.received": ("message", "message", "green"),
    "account.followed": ("follow", "add", "green"),
    "account.unfollowed": ("follow", "close", "red"),
    "app.opened": ("view", "eye", "grey"),
    "code.scanned": ("view", "eye", "grey"),
    "menu.opened": ("view", "eye", "grey"),
    "subscription.accepted": ("consent", "shield", "green"),
    "subscription.refused": ("consent", "shield", "red"),
    "desk.entered": ("message", "message", "grey"),
    "desk.session_changed": ("message", "people", "violet"),
    "receipt.received": ("message", "mail", "grey"),
    "contact.added": ("guide", "add", "green"),
    "contact.half_added": ("guide", "add", "grey"),
    "contact.changed": ("guide", "edit", "grey"),
    "contact.removed": ("guide", "close", "red"),
    "contact.moved": ("guide", "people", "violet"),
    "contact.move_failed": ("guide", "alert", "amber"),
    "contact.unassigned": ("guide", "alert", "amber"),
    "contact.archive_agreed": ("guide", "shield", "green"),
    "identity.stated": ("profile", "people", "grey"),
    "group.joined": ("group", "add", "green"),
    "group.left": ("group", "close", "grey"),
}
_SCORES = ("score", "chart", "violet")
_OTHER = ("other", "info", "violet")
_LINES = ("order.paid", "order.refunded", "order.adjusted")
_TOLD_ITEMS = 3
_NOBODY: Mapping[str, str] = {}


@dataclass(frozen=True)
class Told:
    """One entry of the timeline. `glyph` is a sign in Chinese, empty in English, where the icon stands."""

    day: str
    at: datetime
    glyph: str
    icon: str
    tone: str
    title: str
    about: str
    source: str


def tell(moments: Iterable[Moment], show: Show, names: Mapping[str, str] = _NOBODY) -> list[Told]:
    """Moments (newest first) as entries; the lines of one order and the same view again and again become one. `names` are those of guides
    by userid and of chats by id.
    """
    return [_one(group, show, names) for group in _groups(moments)]


def _groups(moments: Iterable[Moment]) -> list[list[Moment]]:
    groups: list[list[Moment]] = []
    for moment in moments:
        if groups and _belongs(groups[-1][-1], moment):
            groups[-1].append(moment)
        else:
            groups.append([moment])
    return groups


def _belongs(last: Moment, moment: Moment) -> bool:
    if (last.type, last.source_id, last.object) != (moment.type, moment.source_id, moment.object):
        return False
    if moment.type in _LINES:
        return moment.object is not None and last.occurred_at.date() == moment.occurred_at.date()
    return moment.type.endswith(".viewed") and (last.occurred_at - moment.occurred_at).total_seconds() < 1800


def _one(group: Sequence[Moment], show: Show, names: Mapping[str, str]) -> Told:
    first = group[0]
    glyph, icon, tone = _LOOK.get(first.type, _SCORES if first.type.startswith("score.") else _OTHER)
    return Told(
        day=show.day(first.occurred_at),
        at=first.occurred_at,
        glyph=say(f"web.glyph_{glyph}", "zh") if show.lang == "zh" else "",
        icon=icon,
        tone=tone,
        title=_title(group, show, names),
        about=_about(group, show, names),
        source=first.source,
    )


def _title(group: Sequence[Moment], show: Show, names: Mapping[str, str]) -> str:
    first, data = group[0], group[0].data
    key = f"web.fact_{first.type.replace('.', '_')}"
    if key not in catalogue():
        return say("web.fact_other", show.lang, type=first.type, object=first.object or "").strip()
    words = {
        "object": names.get(first.object or "", first.object or ""),
        "tag": _text(data.get("tag")),
        "what": _text(data.get("product") or data.get("title") or data.get("name") or data.get("url") or data.get("page") or first.object),
        "channel": channel(_way(first.type, _text(data.get("channel"))), show.lang),
        "purpose": purpose(_text(data.get("purpose")), show.lang),
    }
    text = say(key, show.lang, **words).strip()
    return text + (f" ×{len(group)}" if len(group) > 1 and first.type not in _LINES else "")


def _way(type_: str, name: str) -> str:
    """The channel that somebody means: an official account is three, and a vendor's word for it does not say which."""
    if name != "official" or (type_.startswith("message.") and type_ != "message.received"):
        return name
    return {"message": "official_chat", "desk": "official_chat", "subscription": "official_notice"}.get(type_.partition(".")[0], name)


def _about(group: Sequence[Moment], show: Show, names: Mapping[str, str]) -> str:
    first, data = group[0], group[0].data
    if first.type in _LINES:
        parts = [_items(group, show)]
        amounts = [m.amount_minor for m in group if m.amount_minor is not None]
        if amounts:
            parts.append(show.money(sum(amounts), first.currency or ""))
        return " · ".join(p for p in parts if p)
    if first.type == "profile.stated":
        plain = [f"{trait(name, show.lang)} {_text(value)}" for name, value in data.items() if not name.startswith("_")]
        hidden = [f"{trait(name, show.lang)} {mask}" for name, mask in first.personal.items()]
        return " · ".join([*hidden, *plain][:8])
    if first.type.startswith("message."):
        return " · ".join(_text(data[name]) for name in ("subject", "code", "why", "link") if data.get(name))
    if first.type.startswith("consent."):
        return evidence(data, show.lang)
    if first.type.startswith("subscription."):
        return _text(data.get("template_id"))
    if first.type.startswith("tag."):
        return _text(data.get("why"))
    if first.type.startswith("score."):
        value = data.get("value")
        if first.amount_minor is not None:
            return show.money(first.amount_minor, first.currency or "")
        return show.percent(value) if first.type == "score.churn" and isinstance(value, int | float) else _text(value)
    if first.type == "contact.added":
        return contacts.way(data.get("add_way"), show.lang)
    if first.type == "contact.removed":
        return contacts.ended(data.get("by"), show.lang)
    if first.type.startswith("group."):
        return names.get(first.object or "", "")
    if first.type in _LOOK:
        return show.money(first.amount_minor, first.currency or "") if first.amount_minor is not None else ""
    plain = [f"{name}: {_text(value)}" for name, value in data.items() if isinstance(value, str | int | float | bool) and name[0] != "_"]
    return " · ".join(plain[:5])


def evidence(data: Mapping[str, Any], lang: str) -> str:
    """What a consent rests on, in one line: the words of its evidence, who wrote it down, where it was clicked."""
    inner = data.get("evidence")
    words = dict(inner) if isinstance(inner, dict) else {"text": inner} if inner else {}
    found = [
        _text(words.get("text")),
        _text(words.get("url") or words.get("page")),
        _known("by", _text(words.get("by") or data.get("by")).replace("-", "_"), lang, _text(words.get("by") or data.get("by"))),
    ]
    return " · ".join(dict.fromkeys(part for part in found if part))


def _items(group: Sequence[Moment], show: Show) -> str:
    named = []
    for moment in group:
        name = _text(moment.data.get("product") or moment.data.get("name") or moment.data.get("sku"))
        count = moment.data.get("quantity")
        if name:
            named.append(f"{name} ×{count:g}" if isinstance(count, int | float) and count not in (0, 1) else name)
    if not named:
        return ""
    text = say("web.list_join", show.lang).join(named[:_TOLD_ITEMS])
    return text if len(named) <= _TOLD_ITEMS else say("web.and_more", show.lang, first=text, n=len(named))


def _text(value: object) -> str:
    if value is None or isinstance(value, dict | list):
        return ""
    return str(value)[:120]


def channel(name: str, lang: str) -> str:
    """A channel's name for people; an unknown one as it is. `*` is all of them."""
    return _known("channel", "all" if name == "*" else name, lang, name)


def purpose(name: str, lang: str) -> str:
    """A purpose's name for people. `*` is all of them."""
    return _known("purpose", "all" if name == "*" else name, lang, name)


def trait(name: str, lang: str) -> str:
    """A trait's name for people."""
    return _known("trait", name, lang, name)


def kind(name: str, lang: str) -> str:
    """A kind of identifier for people."""
    return _known("kind", name, lang, name)


def deed(what: str, lang: str) -> str:
    """What a member of staff did, in words; an unknown deed as it is written."""
    return _known("deed", what.replace(".", "_"), lang, what)


def detail(name: str, lang: str) -> str:
    """What a detail of a deed is called; an unknown one as it is written."""
    return _known("detail", name, lang, name)


def _known(family: str, name: str, lang: str, otherwise: str) -> str:
    key = f"web.{family}_{name}"
    return say(key, lang) if key in catalogue() else otherwise
