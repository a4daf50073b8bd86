"""From one message of the Segment protocol to facts. Pure: the same message, source and moment give the same facts.

| call | facts |
|---|---|
| identify | `profile.stated` |
| track | the type of its event (`names`), one fact a product for orders |
| page, screen | `page.viewed`, `screen.viewed` |
| group | `group.joined` |
| alias | `identity.aliased`, which carries both ids; whether they are one person is the pool's judgement |
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec

from siyu.pool import Fact, Identifier, Kind
from siyu.sources.http import moments, names, people, trade
from siyu.sources.http.words import TYPES, Call, HttpSource, Refusal, Sale, Taken

_DECODER = msgspec.json.Decoder(Call)
_ENCODER = msgspec.json.Encoder(order="deterministic")
_EVERYWHERE = "*"
_CHANNEL_OF = {"e_mail": "email", "mail": "email", "邮件": "email", "短信": "sms", "企业微信": "wecom", "微信": "wechat"}

_NOT_BY_SESSION = ("order", "tag")  # money, and what we think of somebody, are not the customer's to say

IsAnonymous = Callable[[str], bool]


def read(
    raw: bytes,
    source: HttpSource,
    received_at: datetime,
    *,
    forced_type: str = "",
    context: Mapping[str, Any] | None = None,
    sent_at: Any = None,
    is_anonymous: IsAnonymous = people.is_like_anonymous,
) -> Taken:
    """The facts of one message. Raises `Refusal`.

    `forced_type` is the call named in the URL. `context` and `sent_at` stand in the batch for all its items; the item's own win.
    `is_anonymous` says whether an alias's previousId is an anonymous id or an account's.
    """
    try:
        message = _DECODER.decode(raw)
    except msgspec.ValidationError as err:
        raise Refusal("number" if "range" in str(err) else "shape") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal("json") from None
    kind = forced_type or message.type
    if kind not in TYPES:
        raise Refusal("type", "type")
    about = _merged(context, message.context)
    user_id, anonymous_id = people.id_text(message.user_id), people.id_text(message.anonymous_id)
    sent = message.sent_at if message.sent_at is not None else sent_at
    occurred_at, said_at = moments.occurred(message.timestamp, message.original_timestamp, sent, received_at)
    traits = _traits(message, about) if kind in ("identify", "track", "page", "screen") else {}
    who = dict.fromkeys(people.named(user_id, anonymous_id, source.source_id))
    if source.who is not None:
        if kind in ("alias", "group"):
            raise Refusal("session", "type")
        who = {source.who: None}
    else:
        if not who and not (kind == "alias"):
            raise Refusal("identity", "userId")
        who |= dict.fromkeys(people.in_traits(traits, source.region))
        who |= dict.fromkeys(people.in_context(about, source.region))
    one = _One(
        message, kind, source, tuple(who)[:20], occurred_at, received_at, _id(message, raw, sent), people.circumstances(about), said_at,
        is_anonymous,
    )  # fmt: skip
    if kind == "track":
        return one.track()
    if kind == "identify":
        return one.identify(traits)
    if kind == "group":
        return one.group()
    if kind == "alias":
        return one.alias(user_id)
    return one.page()


def _merged(outer: Mapping[str, Any] | None, inner: Any) -> dict[str, Any]:
    own = inner if isinstance(inner, dict) else {}
    if not outer:
        return own
    merged = {**outer, **own}
    for key, value in outer.items():
        if isinstance(value, dict) and isinstance(own.get(key), dict):
            merged[key] = {**value, **own[key]}
    return merged


def _traits(message: Call, context: Mapping[str, Any]) -> dict[str, Any]:
    inside = context.get("traits")
    own = message.traits
    return {**(inside if isinstance(inside, dict) else {}), **(own if isinstance(own, dict) else {})}


def _id(message: Call, raw: bytes, sent: Any) -> str:
    """messageId; without one a digest of the message, so that the same message sent again is the same fact.

    A message that says neither its id nor any time cannot be told from its own repetition; it is taken as new, for a purchase that is
    counted once too often can be seen, one that is lost cannot.
    """
    given = people.id_text(message.message_id)
    if given:
        return given if len(given) <= 400 else "long-" + hashlib.sha256(given.encode()).hexdigest()
    when = message.timestamp or message.original_timestamp or sent
    if not when:
        return f"once-{uuid4()}"
    whole = {"when": when, **{name: getattr(message, name) for name in message.__struct_fields__ if name != "sent_at"}}
    try:
        text = _ENCODER.encode(whole)
    except (TypeError, ValueError, UnicodeEncodeError):
        text = raw
    return "made-" + hashlib.sha256(text).hexdigest()[:40]


class _One:
    """One message on its way to becoming facts."""

    def __init__(
        self,
        message: Call,
        kind: str,
        source: HttpSource,
        who: tuple[Identifier, ...],
        occurred_at: datetime,
        received_at: datetime,
        message_id: str,
        circumstances: dict[str, Any],
        said_at: datetime | None,
        is_anonymous: IsAnonymous,
    ) -> None:
        self.message = message
        self.kind = kind
        self.source = source
        self.who = who
        self.occurred_at = occurred_at
        self.received_at = received_at
        self.message_id = message_id
        self.circumstances = circumstances
        self.said_at = said_at
        self.is_anonymous = is_anonymous
        self.properties: dict[str, Any] = message.properties if isinstance(message.properties, dict) else {}

    def fact(self, type_: str, data: dict[str, Any], personal: dict[str, str], *, part: str = "", **more: Any) -> Fact:
        if self.circumstances:
            data["context" if "context" not in data else "_context"] = self.circumstances
        if self.said_at is not None:
            data["said_at"] = self.said_at.isoformat()
        more.setdefault("identifiers", self.who)
        return Fact(type_, self.message_id + part, self.occurred_at, data=data, personal=personal, received_at=self.received_at, **more)

    def taken(self, *facts: Fact, order: Sale | None = None) -> Taken:
        return Taken(self.message_id, facts, order)

    def identify(self, traits: Mapping[str, Any]) -> Taken:
        plain, personal = people.part(traits, is_person=True)
        stated = Fact(
            "profile.stated", self.message_id, self.occurred_at, self.who, data=plain, personal=personal, received_at=self.received_at
        )  # fmt: skip
        return self.taken(stated)

    def page(self) -> Taken:
        plain, personal = people.part(self.properties, is_person=False)
        for name in ("url", "referrer", "search", "title", "path"):
            if name in plain:
                plain[name] = people.clean_place(plain[name])
        for name, value in (("name", self.message.name), ("category", self.message.category)):
            if isinstance(value, str) and value:
                plain[name] = value
        page = self.circumstances.get("page", {})
        where = plain.get("name") or plain.get("path") or page.get("path") or plain.get("url")
        return self.taken(self.fact(f"{self.kind}.viewed", plain, personal, object=str(where)[:500] if where else None))

    def group(self) -> Taken:
        group_id = people.id_text(self.message.group_id)
        if not group_id:
            raise Refusal("group", "groupId")
        traits = self.message.traits if isinstance(self.message.traits, dict) else {}
        plain, personal = people.part(traits, is_person=False)
        return self.taken(self.fact("group.joined", {"traits": plain}, personal, object=group_id))

    def alias(self, user_id: str) -> Taken:
        previous = people.id_text(self.message.previous_id)
        if not previous:
            raise Refusal("previous", "previousId")
        if not user_id:
            raise Refusal("identity", "userId")
        is_anonymous = previous == people.id_text(self.message.anonymous_id) or self.is_anonymous(previous)
        kind, scope = (Kind.ANONYMOUS_ID, str(self.source.source_id)) if is_anonymous else (Kind.USER_ID, "")
        old = people.identifier(kind, previous, scope)
        if old is None:
            raise Refusal("previous", "previousId")
        if not self.who:
            raise Refusal("identity", "userId")
        return self.taken(self.fact("identity.aliased", {}, {}, identifiers=tuple(dict.fromkeys((*self.who, old)))))

    def track(self) -> Taken:
        event = self.message.event
        if not isinstance(event, str) or not names.snake(event):
            raise Refusal("event", "event")
        type_, is_known = names.type_of(event)
        if self.source.who is not None and type_.partition(".")[0] in _NOT_BY_SESSION:
            raise Refusal("session", "event")
        if type_ in ("order.paid", "order.refunded"):
            return self.order(type_)
        if type_ in ("consent.given", "consent.withdrawn"):
            return self.consent(type_)
        plain, personal = people.part(self.properties, is_person=False)
        about: str | None = None
        if type_ in ("tag.added", "tag.removed"):
            about = people.id_text(self.properties.get("tag") or self.properties.get("name"))
            if not about:
                raise Refusal("tag", "properties.tag")
            return self.taken(self.fact(type_, {"tag": about}, {}, object=about[:500]))
        thing = type_.partition(".")[0]
        if thing in ("product", "cart", "wishlist"):
            found = trade.product(self.properties)
            plain = {**plain, **found}
            about = str(found["sku"]) if "sku" in found else None
        elif thing in ("order", "checkout", "checkout_step", "payment_info"):
            about = trade.order_no(self.properties) or None
        elif thing == "products":
            about = people.id_text(trade.first(self.properties, "query", "search_term")) or None
        elif thing in ("promotion", "coupon", "product_list"):
            about = people.id_text(trade.first(self.properties, f"{thing}_id", "list_id", "name")) or None
        if not is_known:
            plain["event"] = names.snake(event) if type_ == "event.tracked" else event[:200]
            about = about or (names.snake(event) if type_ == "event.tracked" else None)
        return self.taken(self.fact(type_, plain, personal, object=about[:500] if about else None))

    def order(self, type_: str) -> Taken:
        values = self.properties
        number = trade.order_no(values)
        if not number or len(number) > 200:
            raise Refusal("order", "properties.order_id")
        currency = trade.currency_of(values, self.source.currency)
        given = trade.lines(values)
        weights = [trade.weight(line, currency, f"properties.products[{n}]") for n, line in enumerate(given)]
        whole = trade.total(values, weights, currency)
        is_refund = type_ == "order.refunded"
        if whole is None and not is_refund:
            raise Refusal("order_amount", "properties.total")
        if whole is not None and is_refund:
            whole = -abs(whole)
        rest = {k: v for k, v in values.items() if k not in ("products", "items", "line_items")}
        plain, personal = people.part(rest, is_person=False)
        plain.pop("currency", None)
        amounts = trade.split(whole, weights) if whole is not None and given else [whole]
        facts = []
        for n, part in enumerate(amounts):
            line = people.part(given[n], is_person=False)[0] | trade.product(given[n]) if given else {}
            data = (plain if n == 0 else {}) | line
            facts.append(
                self.fact(
                    type_, data, personal if n == 0 else {},
                    part=f"#{n}" if n else "", object=number, amount_minor=part, currency=currency,
                )
            )  # fmt: skip
        return self.taken(*facts, order=Sale(number, whole, currency, is_refund))

    def consent(self, type_: str) -> Taken:
        said = trade.first(self.properties, "channel", "channels")
        named = [said] if isinstance(said, str) else [one for one in said if isinstance(one, str)] if isinstance(said, list) else []
        channels = [_CHANNEL_OF.get(one.strip().lower(), one.strip().lower()) for one in named if one.strip()]
        if not channels:
            if type_ == "consent.given":
                raise Refusal("consent", "properties.channel")
            channels = [_EVERYWHERE]  # whoever says no without saying where means everywhere
        purpose = people.id_text(self.properties.get("purpose")) or (_EVERYWHERE if channels == [_EVERYWHERE] else "marketing")
        plain, _ = people.part({k: v for k, v in self.properties.items() if k not in ("channel", "channels")}, is_person=False)
        return self.taken(
            *(
                self.fact(type_, {**plain, "channel": channel, "purpose": purpose}, {}, part=f"#{n}" if n else "", object=channel[:100])
                for n, channel in enumerate(dict.fromkeys(channels))
            )
        )
