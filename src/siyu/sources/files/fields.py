"""What a column can mean, and the header words under which shops, ERPs and marketplaces write it.

A field is a plain name, or one of the families `trait.<name>`, `data.<name>`, `consent.<channel>`, `consent_at.<channel>`. The words are
compared after `plain_header` (case, spaces, width, punctuation and units in brackets do not matter). They stand in words.toml.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib import resources

IDENTIFIERS = (
    "user_id",
    "unionid",
    "external_userid",
    "member_id",
    "buyer_id",
    "phone",
    "email",
    "openid",
    "wechat_id",
    "device_id",
    "anonymous_id",
)  # kinds of pool.words that a file can carry
SCOPED = frozenset({"external_userid", "buyer_id", "openid", "anonymous_id"})  # numbers that only one shop, corp or app gave out
ORDER_FIELDS = (
    "order_no",
    "line_id",
    "sku",
    "product",
    "category",
    "quantity",
    "unit_price",
    "discount",
    "amount",
    "currency",
    "paid_at",
    "ordered_at",
    "status",
    "refund_amount",
)
PEOPLE_FIELDS = ("at", "tags")
EVENT_FIELDS = ("type", "at", "event_id", "properties")
CHANNELS = ("email", "sms", "wechat", "wecom", "phone", "webhook")
TRAITS = (
    "name",
    "first_name",
    "last_name",
    "nickname",
    "gender",
    "birthday",
    "country",
    "province",
    "city",
    "district",
    "address",
    "postcode",
    "company",
    "level",
    "points",
    "language",
    "registered_on",
    "store",
    "guide",
    "note",
)
FIELDS = {
    "order_lines": (*ORDER_FIELDS, *IDENTIFIERS),
    "orders": tuple(f for f in (*ORDER_FIELDS, *IDENTIFIERS) if f not in ("line_id", "unit_price", "quantity", "sku")),
    "people": (*PEOPLE_FIELDS, *IDENTIFIERS),
    "events": (*EVENT_FIELDS, *IDENTIFIERS),
}
FAMILIES = {
    "order_lines": ("trait", "data"),
    "orders": ("trait", "data"),
    "people": ("trait", "consent", "consent_at"),
    "events": ("data", "trait"),
}
NEEDED = {  # each group: at least one of these must be mapped
    "order_lines": (("order_no",), ("paid_at", "ordered_at"), ("amount", "unit_price")),
    "orders": (("order_no",), ("paid_at", "ordered_at"), ("amount",)),
    "people": (IDENTIFIERS,),
    "events": (("at",),),
}

_UNIT = re.compile(r"[(（\[【].*?[)）\]】]")
_MARKS = re.compile(r"[^0-9a-z\u3400-\u9fff]+")


def plain_header(name: str) -> str:
    """A header as it is compared: no case, width, spaces, punctuation, units."""
    text = unicodedata.normalize("NFKC", name).lower()
    return _MARKS.sub("", _UNIT.sub("", text)) or _MARKS.sub("", text)


@cache
def vocabulary(part: str) -> dict[str, tuple[str, ...]]:
    """A part of words.toml: `fields`, `statuses` or `answers`, each meaning with its words."""
    text = resources.files("siyu.sources.files").joinpath("words.toml").read_text("utf-8")
    return {name: tuple(words.split()) for name, words in tomllib.loads(text)[part].items()}


@cache
def _index() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for field, words in vocabulary("fields").items():
        for word in [*words, field.rpartition(".")[2] if field.startswith("trait.") else field]:
            those = found.setdefault(plain_header(word), [])
            if field not in those:
                those.append(field)
    return {word: tuple(those) for word, those in found.items()}


def meant_by(header: str) -> tuple[str, ...]:
    """All fields that a header may mean, over all kinds of files; empty when it is none that we know."""
    return _index().get(plain_header(header), ())


def rank(field: str, header: str) -> int:
    """How far back the header stands among the words of a field: when two columns could be the amount, the earlier word wins."""
    words = vocabulary("fields").get(field, ())
    plain = plain_header(header)
    return next((n for n, word in enumerate(words) if plain_header(word) == plain), len(words))


def nearly_meant_by(header: str) -> tuple[str, ...]:
    """Fields whose words end or begin the header (收货人手机号码2, customer_phone_main): weaker than `meant_by`."""
    plain = plain_header(header)
    best: tuple[str, ...] = ()
    length = 1
    for word, those in _index().items():
        chinese = not word.isascii()
        if len(word) > max(length, 1 if chinese else 4) and (plain.endswith(word) or plain.startswith(word)):
            best, length = those, len(word)
    return best


def is_allowed(field: str, kind: str) -> bool:
    """Whether a file of this kind may have this field."""
    family, dot, name = field.partition(".")
    if not dot:
        return field in FIELDS[kind]
    if family not in FAMILIES[kind]:
        return False
    if family in ("consent", "consent_at"):
        return name in CHANNELS
    return bool(re.fullmatch(r"[^\W\d_]\w{0,59}", name)) and name == name.lower()


def own_name(header: str) -> str:
    """A property name made of a header, for columns that are kept as they are: lower case, words joined by underscores."""
    text = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", header).strip().lower()).strip("_")[:50]
    return text if text and text[0].isalpha() else f"x_{text}".rstrip("_")


def by_group(kind: str) -> list[tuple[str, tuple[str, ...]]]:
    """What a person may choose for a column, by group: who, order or event, traits, consent, keep."""
    own = {"order_lines": ORDER_FIELDS, "orders": ORDER_FIELDS, "people": PEOPLE_FIELDS, "events": EVENT_FIELDS}[kind]
    groups: list[tuple[str, tuple[str, ...]]] = [
        ("order" if kind in ("orders", "order_lines") else kind, tuple(f for f in own if f in FIELDS[kind])),
        ("who", IDENTIFIERS),
        ("trait", tuple(f"trait.{t}" for t in TRAITS)),
    ]
    if "consent" in FAMILIES[kind]:
        groups.append(("consent", tuple(f"{family}.{channel}" for channel in CHANNELS for family in ("consent", "consent_at"))))
    return groups


def kept_as(header: str, kind: str) -> str:
    """The field under which a column is kept as it is: a property of the fact, or a trait of the person."""
    name = own_name(header)
    field = f"data.{name}" if "data" in FAMILIES[kind] else f"trait.{name}"
    return field if is_allowed(field, kind) else ""
