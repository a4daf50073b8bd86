"""From the names that clients give to events to the types of facts.

The Segment e-commerce spec (v2), its older spelling, the names of GA4 and the Chinese ones that shops use come to the same types; the
table stands in docs/http-api.md. Any other name becomes `object.verb_past` when its last word is a past form, else `event.tracked`.
"""

from __future__ import annotations

import re
from functools import lru_cache

KNOWN = {
    "order.paid": "order completed|completed order|order paid|purchase|订单完成|订单支付|支付订单",
    "order.refunded": "order refunded|refund|订单退款",
    "order.updated": "order updated",
    "order.cancelled": "order cancelled|order canceled|订单取消",
    "product.viewed": "product viewed|viewed product|view item|商品浏览|浏览商品",
    "product.clicked": "product clicked|clicked product|select item",
    "product.shared": "product shared|shared product",
    "product.reviewed": "product reviewed|reviewed product",
    "product_list.viewed": "product list viewed|viewed product category|view item list",
    "product_list.filtered": "product list filtered|filtered product list",
    "products.searched": "products searched|searched products|search|view search results|商品搜索|搜索商品",
    "cart.added": "product added|added product|product added to cart|add to cart|wishlist product added to cart|加入购物车|加购",
    "cart.removed": "product removed|removed product|product removed from cart|remove from cart|移出购物车",
    "cart.viewed": "cart viewed|viewed cart|view cart",
    "cart.shared": "cart shared|shared cart",
    "wishlist.added": "product added to wishlist|added product to wishlist|add to wishlist|收藏商品",
    "wishlist.removed": "product removed from wishlist|removed product from wishlist",
    "checkout.started": "checkout started|started checkout|begin checkout|提交订单",
    "checkout_step.viewed": "checkout step viewed|viewed checkout step",
    "checkout_step.completed": "checkout step completed|completed checkout step",
    "payment_info.entered": "payment info entered|add payment info",
    "promotion.viewed": "promotion viewed|viewed promotion|view promotion",
    "promotion.clicked": "promotion clicked|clicked promotion|select promotion",
    "coupon.entered": "coupon entered",
    "coupon.applied": "coupon applied",
    "coupon.denied": "coupon denied",
    "coupon.removed": "coupon removed",
    "account.created": "signed up|sign up|user signed up|account created|注册成功|注册",
    "account.signed_in": "signed in|login|user signed in|登录|登录成功",
    "account.signed_out": "signed out|logout|user signed out",
    "app.installed": "application installed",
    "app.opened": "application opened",
    "app.updated": "application updated",
    "app.backgrounded": "application backgrounded",
    "app.uninstalled": "application uninstalled",
    "consent.given": "consent given|同意接收",
    "consent.withdrawn": "consent withdrawn|unsubscribed|email unsubscribed|退订|取消订阅",
    "tag.added": "tag added|打标签",
    "tag.removed": "tag removed|移除标签",
}
_BY_NAME = {name: type_ for type_, names in KNOWN.items() for name in names.split("|")}

# Only our own rooms say these: a page must not be able to tell us that an address bounced, that somebody agreed to a message, or that
# money came in by another name.
_RESERVED = frozenset(
    {
        "message", "profile", "tag", "consent", "order", "identity", "event", "subscription", "receipt", "contact", "group", "desk", "code",
        "account", "acquisition",
    }
)  # fmt: skip
_IRREGULAR = frozenset(
    {
        "begun", "bought", "broken", "built", "chosen", "done", "drawn", "driven", "eaten", "fallen", "felt", "forgotten",
        "found", "frozen", "given", "gone", "got", "grown", "held", "hidden", "kept", "known", "left", "lent", "lost", "made",
        "met", "paid", "put", "read", "ridden", "said", "seen", "sent", "set", "shown", "shut", "sold", "spent", "split",
        "spoken", "stolen", "stood", "swum", "taken", "taught", "thrown", "told", "understood", "unsent", "won", "written"
    }
)  # fmt: skip
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PARTS = re.compile(r"[^\W_]+")
_OBJECT = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_LONGEST = 90


@lru_cache(maxsize=4096)
def snake(name: str) -> str:
    """`Song Played`, `songPlayed` and `song-played` are all `song_played`."""
    return "_".join(_PARTS.findall(_CAMEL.sub(" ", name).lower()))[:_LONGEST]


@lru_cache(maxsize=4096)
def type_of(event: str) -> tuple[str, bool]:
    """The fact type of an event's name, and whether the name is one of the documented ones."""
    words = snake(event).split("_")
    known = _BY_NAME.get(" ".join(words))
    if known is not None:
        return known, True
    last, before = words[-1], "_".join(words[:-1])
    is_past = last in _IRREGULAR or (last.endswith("ed") and len(last) > 3)
    if is_past and before not in _RESERVED and _OBJECT.fullmatch(before) and last.isascii():
        return f"{before}.{last}", False
    return "event.tracked", False
