"""Product albums and sensitive-word rules (facts 2.12). Both are only kept: no phone shows a product, no chat is held back.

Their own error codes (41068 to 41088) are not documented one by one, so wrong parameters are 40058.
"""

from __future__ import annotations

from typing import Any

from siyu.sandbox.corp.refusals import Refusal
from siyu.sandbox.corp.wire import Call, api

_PRICE, _RULES = 5_000_000, 100


def _kept(call: Call, what: str, name: str) -> tuple[dict[str, dict[str, Any]], str]:
    shelf = call.company.shelf.setdefault(what, {})
    key = call.text(name, needed=40063)
    if key not in shelf:
        raise Refusal(40058, f"invalid {name}")
    return shelf, key


def _product(call: Call, old: dict[str, Any]) -> dict[str, Any]:
    made = dict(old)
    if "description" in call.body or not old:
        made["description"] = call.text("description", chars=300, needed=40063)
    if "price" in call.body or not old:
        made["price"] = call.number("price", None, 0, _PRICE)
    number = call.text("product_sn", most_bytes=128)
    if number and not (number.isascii() and number.isalnum()):
        raise Refusal(40058, "product_sn has letters and digits only")
    if number:
        made["product_sn"] = number
    if "attachments" in call.body or not old:
        made["attachments"] = _pictures(call)
    return made


def _pictures(call: Call) -> list[dict[str, Any]]:
    given = call.body.get("attachments")
    if not isinstance(given, list) or not given:
        raise Refusal(40063, "attachments missing")
    if len(given) > 9:
        raise Refusal(41064)
    for one in given:
        part = one.get("image") if isinstance(one, dict) and one.get("type", one.get("msgtype")) == "image" else None
        if not isinstance(part, dict):
            raise Refusal(41065)
        found = call.company.media.get(str(part.get("media_id")))
        if found is None or found.purpose != 2 or found.ends <= call.now:
            raise Refusal(40007, "upload it with media/upload_attachment, attachment_type 2")
    return given


@api("POST", "externalcontact/add_product_album")
def add_product(call: Call) -> dict[str, Any]:
    """A new product; prices in fen, up to 50,000 yuan."""
    key = call.company.new_id("prod", 32)
    call.company.shelf.setdefault("products", {})[key] = _product(call, {}) | {"create_time": call.now}
    return {"product_id": key}


@api("POST", "externalcontact/get_product_album")
def get_product(call: Call) -> dict[str, Any]:
    """One product."""
    shelf, key = _kept(call, "products", "product_id")
    return {"product": {"product_id": key, **shelf[key]}}


@api("POST", "externalcontact/get_product_album_list")
def list_products(call: Call) -> dict[str, Any]:
    """Products page by page."""
    rows = [{"product_id": key, **one} for key, one in call.company.shelf.get("products", {}).items()]
    part, cursor = call.company.page("products", rows, call.text("cursor"), call.limit(50, 100))
    return {"next_cursor": cursor, "product_list": part}


@api("POST", "externalcontact/update_product_album")
def update_product(call: Call) -> dict[str, Any]:
    """Replace what is given."""
    shelf, key = _kept(call, "products", "product_id")
    shelf[key] = _product(call, shelf[key])
    return {}


@api("POST", "externalcontact/delete_product_album")
def delete_product(call: Call) -> dict[str, Any]:
    """Take a product away."""
    shelf, key = _kept(call, "products", "product_id")
    del shelf[key]
    return {}


def _words(call: Call) -> list[str]:
    words = call.texts("word_list", 300, needed=40063, each_bytes=128)
    if any(not 1 <= len(word) <= 32 for word in words):
        raise Refusal(40058, "a word has 1 to 32 characters")
    return words


def _semantics(given: Any) -> list[int]:
    if given is not None and (not isinstance(given, list) or not set(given) <= {1, 2, 3}):
        raise Refusal(40058, "semantics_list has 1, 2 and 3")
    return given or []


def _range(call: Call, name: str) -> dict[str, Any]:
    part = call.part(name)
    users, parties = part.get("user_list") or [], part.get("department_list") or []
    if len(users) > 1000 or len(parties) > 1000:
        raise Refusal(40058, f"{name} has more than 1000")
    return {"user_list": users, "department_list": parties}


@api("POST", "externalcontact/add_intercept_rule")
def add_rule(call: Call) -> dict[str, Any]:
    """A new rule; a corp has at most 100."""
    shelf = call.company.shelf.setdefault("intercept", {})
    if len(shelf) >= _RULES:
        raise Refusal(40058, f"more than {_RULES} rules")
    given: dict[str, Any] = {
        "rule_name": call.text("rule_name", chars=20, needed=40063),
        "word_list": _words(call),
        "extra_rule": {"semantics_list": _semantics(call.body.get("semantics_list"))},
        "intercept_type": call.number("intercept_type", None, 1, 2),
        "applicable_range": _range(call, "applicable_range"),
    }
    if not any(given["applicable_range"].values()):
        raise Refusal(40063, "applicable_range is empty")
    key = call.company.new_id("rule", 32)
    shelf[key] = given | {"create_time": call.now}
    return {"rule_id": key}


@api("GET", "externalcontact/get_intercept_rule_list")
def list_rules(call: Call) -> dict[str, Any]:
    """The names of all rules."""
    shelf = call.company.shelf.get("intercept", {})
    return {"rule_list": [{"rule_id": k, "rule_name": r["rule_name"], "create_time": r["create_time"]} for k, r in shelf.items()]}


@api("POST", "externalcontact/get_intercept_rule")
def get_rule(call: Call) -> dict[str, Any]:
    """One rule."""
    shelf, key = _kept(call, "intercept", "rule_id")
    return {"rule": {"rule_id": key, **{k: v for k, v in shelf[key].items() if k != "create_time"}}}


@api("POST", "externalcontact/update_intercept_rule")
def update_rule(call: Call) -> dict[str, Any]:
    """Replace what is given; people are added to the range and taken out of it."""
    shelf, key = _kept(call, "intercept", "rule_id")
    rule = shelf[key]
    if "rule_name" in call.body:
        rule["rule_name"] = call.text("rule_name", chars=20, needed=40063)
    if "word_list" in call.body:
        rule["word_list"] = _words(call)
    if "extra_rule" in call.body:
        rule["extra_rule"] = {"semantics_list": _semantics(call.part("extra_rule").get("semantics_list"))}
    if "intercept_type" in call.body:
        rule["intercept_type"] = call.number("intercept_type", None, 1, 2)
    more, less = _range(call, "add_applicable_range"), _range(call, "remove_applicable_range")
    rule["applicable_range"] = {
        name: [one for one in dict.fromkeys([*held, *more[name]]) if one not in less[name]]
        for name, held in rule["applicable_range"].items()
    }
    return {}


@api("POST", "externalcontact/del_intercept_rule")
def delete_rule(call: Call) -> dict[str, Any]:
    """Take a rule away."""
    shelf, key = _kept(call, "intercept", "rule_id")
    del shelf[key]
    return {}
