"""Whom a message is about: identifiers, and traits parted into plain and personal ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from siyu.base.log import scrub
from siyu.pool import PERSONAL_TRAITS, Identifier, Kind, normal
from siyu.sources.http.names import snake

_SAME = {  # what clients call the traits that we know under one name
    "mobile": "phone", "mobile_phone": "phone", "phone_number": "phone", "tel": "phone", "telephone": "phone", "cellphone": "phone",
    "手机": "phone", "手机号": "phone", "电话": "phone", "e_mail": "email", "email_address": "email", "mail": "email", "邮箱": "email",
    "full_name": "name", "fullname": "name", "real_name": "name", "姓名": "name", "firstname": "first_name", "lastname": "last_name",
    "given_name": "first_name", "family_name": "last_name", "dob": "birthday", "birth_date": "birthday", "date_of_birth": "birthday",
    "生日": "birthday", "地址": "address", "union_id": "unionid", "open_id": "openid", "wechat": "wechat_id", "微信号": "wechat_id",
    "昵称": "nickname", "username": "nickname", "会员号": "member_id", "id_number": "id_card", "身份证": "id_card",
    "postalcode": "postal_code",
    "zip": "postal_code", "zipcode": "postal_code",
}  # fmt: skip
_PERSONAL = PERSONAL_TRAITS | {"avatar", "ip", "postal_code", "shipping_address", "billing_address", "latitude", "longitude", "passport"}
_PLAIN_OF_ADDRESS = ("city", "state", "province", "district", "country", "region")
_BY_TRAIT = {"phone": Kind.PHONE, "email": Kind.EMAIL, "unionid": Kind.UNIONID, "member_id": Kind.MEMBER_ID, "wechat_id": Kind.WECHAT_ID}
_BY_EXTERNAL = {
    "user_id": Kind.USER_ID, "unionid": Kind.UNIONID, "external_userid": Kind.EXTERNAL_USERID, "member_id": Kind.MEMBER_ID,
    "buyer_id": Kind.BUYER_ID, "phone": Kind.PHONE, "email": Kind.EMAIL, "openid": Kind.OPENID, "wechat_id": Kind.WECHAT_ID,
    "device_id": Kind.DEVICE_ID,
}  # fmt: skip
_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_LONGEST_ID = 512


def id_text(value: Any) -> str:
    """An id as text; empty when it is none: null, blank, true, a list. What programs write for nothing ("undefined") `normal` knows."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, (str, int, float)):
        return ""
    text = str(value).strip()
    return "" if len(text) > _LONGEST_ID else text


@lru_cache(maxsize=50_000)
def identifier(kind: Kind, text: str, scope: str = "", region: str = "CN") -> Identifier | None:
    """The identifier in its normal form; None when it is not a valid one. Remembered, since the same people come again and again."""
    return normal.identifier(kind, text, scope, region=region)


def is_like_anonymous(text: str) -> bool:
    """Whether the id looks like one that an SDK made up (a UUID) rather than an account's."""
    return _UUID.fullmatch(text) is not None


def named(user_id: str, anonymous_id: str, source_id: int) -> Iterator[Identifier]:
    """The identifiers in `userId` and `anonymousId`. An anonymous id belongs to its source."""
    for kind, text, scope in ((Kind.USER_ID, user_id, ""), (Kind.ANONYMOUS_ID, anonymous_id, str(source_id))):
        if text and (one := identifier(kind, text, scope)) is not None:
            yield one


def in_traits(traits: Mapping[str, Any], region: str) -> Iterator[Identifier]:
    """The identifiers among traits: phone, email, unionid, member_id, wechat_id, and openid with its appid."""
    for key, value in traits.items():
        name = trait_name(key)
        text = id_text(value) if name in _BY_TRAIT or name == "openid" else ""
        if not text:
            continue
        if name == "openid":
            scope = id_text(traits.get("appid") or traits.get("app_id"))
            one = identifier(Kind.OPENID, text, scope) if scope else None
        else:
            one = identifier(_BY_TRAIT[name], text, "", region)
        if one is not None:
            yield one


def in_context(context: Mapping[str, Any], region: str) -> Iterator[Identifier]:
    """The identifiers in `context`: externalIds (id, type, collection) and the device's id."""
    externals = context.get("externalIds")
    for one in externals if isinstance(externals, list) else ():
        if not isinstance(one, dict):
            continue
        kind = _BY_EXTERNAL.get(trait_name(str(one.get("type", ""))))
        text = id_text(one.get("id"))
        scope = id_text(one.get("collection"))
        if kind and text and (made := identifier(kind, text, "" if scope == "users" else scope, region)) is not None:
            yield made
    device = context.get("device")
    if isinstance(device, dict) and (text := id_text(device.get("id"))) and (made := identifier(Kind.DEVICE_ID, text)) is not None:
        yield made


@lru_cache(maxsize=4096)
def trait_name(key: str) -> str:
    """The one name of a trait: snake case, and the names that mean the same under one of them."""
    name = snake(key) or key[:100]
    return _SAME.get(name, name)


def part(values: Mapping[str, Any], *, is_person: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """Values parted into plain and personal ones. `is_person`: they describe a person, so `name` is somebody's, not a product's.

    A person's traits get their one name; an address gives its city and the like to the plain side. Properties of events keep the names
    they came with, and personal ones inside them (also deep inside) move to the personal side under their path.
    """
    plain: dict[str, Any] = {}
    personal: dict[str, str] = {}
    for key, value in values.items():
        name = trait_name(key)
        if value is None:
            if is_person:
                plain[name] = None  # a trait that was taken back
        elif name in _PERSONAL and (is_person or name not in ("name", "nickname")):
            if isinstance(value, dict) and name.endswith("address"):
                for known in _PLAIN_OF_ADDRESS:
                    if isinstance(value.get(known), str):
                        plain.setdefault(known, value[known])
            personal[name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        else:
            shown = name if is_person else key
            plain[shown] = _deep(value, name, personal) if isinstance(value, (dict, list)) else value
    return plain, personal


def _deep(value: Any, path: str, personal: dict[str, str]) -> Any:
    if isinstance(value, dict):
        kept = {}
        for key, inner in value.items():
            name = trait_name(key)
            if name in _PERSONAL and name not in ("name", "nickname") and inner is not None:
                personal[f"{path}.{name}"] = inner if isinstance(inner, str) else json.dumps(inner, ensure_ascii=False)
            else:
                kept[key] = _deep(inner, f"{path}.{name}", personal)
        return kept
    if isinstance(value, list):
        return [_deep(inner, path, personal) for inner in value]
    return value


def circumstances(context: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of `context`: page, campaign, locale, time zone, library, app, system, kind of device, consent preferences.

    Not kept, on purpose: the IP address, coordinates, advertising ids, and what looks like an e-mail address or a phone in a URL.
    """
    kept: dict[str, Any] = {}
    for theirs, ours in (("locale", "locale"), ("timezone", "time_zone"), ("userAgent", "user_agent"), ("consent", "consent")):
        if context.get(theirs):
            kept[ours] = context[theirs]
    library = context.get("library")
    if isinstance(library, dict) and library.get("name"):
        kept["library"] = f"{library['name']}/{library.get('version', '')}"
    for theirs, fields in (
        ("campaign", ("name", "source", "medium", "term", "content")),
        ("page", ("path", "url", "referrer", "title", "search")),
        ("device", ("type", "manufacturer", "model")),
        ("app", ("name", "version")),
        ("os", ("name", "version")),
    ):
        group = context.get(theirs)
        if isinstance(group, dict):
            some = {f: clean_place(group[f]) if theirs == "page" else group[f] for f in fields if group.get(f) is not None}
            if some:
                kept[theirs] = some
    return kept


def clean_place(value: Any) -> Any:
    """A URL or a title without the personal data that pages put there: values of query parameters that are addresses or phones."""
    if not isinstance(value, str) or not ("@" in value or "%40" in value or sum(c.isdigit() for c in value) >= 11):
        return value
    try:
        parts = urlsplit(value)
        query = urlencode([(k, "" if scrub(v) != v else v) for k, v in parse_qsl(parts.query, keep_blank_values=True)])
        return scrub(urlunsplit(parts._replace(query=query)))
    except ValueError:
        return scrub(value)
