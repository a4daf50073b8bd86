"""Staff: notices to them, who opened our page, how they work, the vendor's own addresses; products, words that are stopped, archiving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from siyu.base.errors import InputError
from siyu.vendors.checks import bytes_within, characters_within, count_within, number_within, some
from siyu.vendors.wecom import shapes as s
from siyu.vendors.wecom.edge import Edge, Page, given


class Staff(Edge):
    """What concerns guides, not customers."""

    def notify(
        self,
        msgtype: str,
        content: Mapping[str, Any],
        *,
        users: Sequence[str] = (),
        parties: Sequence[int] = (),
        tags: Sequence[int] = (),
        duplicate_check_for: int = 0,
    ) -> s.StaffNotice:
        """Send staff a message of the app. `duplicate_check_for` seconds (to 14400) make WeCom drop an equal one (message/send)."""
        some("touser", users, parties, tags)
        count_within(users, 1000, "touser")
        count_within(parties, 100, "toparty")
        count_within(tags, 100, "totag")
        number_within(duplicate_check_for, 0, 14_400, "duplicate_check_interval")
        body: dict[str, Any] = {
            "touser": "|".join(users), "toparty": "|".join(map(str, parties)), "totag": "|".join(map(str, tags)), "msgtype": msgtype,
            "agentid": int(self.account.agent_id or 0), msgtype: dict(content),
        }  # fmt: skip
        if duplicate_check_for:
            body |= {"enable_duplicate_check": 1, "duplicate_check_interval": duplicate_check_for}
        return self._post("message/send", s.StaffNotice, body, is_safe=bool(duplicate_check_for))

    def visitor(self, code: str) -> s.Visitor:
        """Who opened our page, by the code of the redirect: once, within 5 minutes (auth/getuserinfo)."""
        bytes_within(code, 512, "code", least=1)
        return self._get("auth/getuserinfo", s.Visitor, code=code, is_safe=False)

    def staff_detail(self, user_ticket: str) -> s.StaffDetail:
        """What a member agreed to show (auth/getuserdetail)."""
        return self._post("auth/getuserdetail", s.StaffDetail, {"user_ticket": user_ticket})

    def mini_login(self, js_code: str) -> s.MiniLogin:
        """Who opened the mini-program inside WeCom (miniprogram/jscode2session)."""
        return self._get("miniprogram/jscode2session", s.MiniLogin, js_code=js_code, grant_type="authorization_code", is_safe=False)

    def departments(self) -> list[s.Department]:
        """The departments that the app sees (department/list)."""
        return self._get("department/list", s.Departments).department

    def colleagues(self, department_id: int, *, with_below: bool = True) -> list[s.Colleague]:
        """The members of a department, as far as the app may see them: newer apps get ids without names (user/list)."""
        return self._get("user/list", s.Colleagues, department_id=department_id, fetch_child=int(with_below)).userlist

    def behavior(self, start_time: int, end_time: int, *, users: Sequence[str] = (), parties: Sequence[int] = ()) -> list[s.BehaviorDay]:
        """Days of work between two Unix seconds, at most 30 days of the last 180. Several ids are added up: ask one by one for each
        (get_user_behavior_data).
        """
        some("userid", users, parties)
        count_within(users, 100, "userid")
        count_within(parties, 100, "partyid")
        body = {"userid": list(users), "partyid": list(parties), "start_time": start_time, "end_time": end_time}
        return self._post("externalcontact/get_user_behavior_data", s.BehaviorDays, body).behavior_data

    def api_ips(self) -> list[str]:
        """Where WeCom's interface lives (get_api_domain_ip)."""
        return self._get("get_api_domain_ip", s.IpList).ip_list

    def callback_ips(self) -> list[str]:
        """Where callbacks come from (getcallbackip)."""
        return self._get("getcallbackip", s.IpList).ip_list

    def add_product(self, description: str, price_minor: int, images: Sequence[str], *, product_sn: str = "") -> str:
        """Put a product into the album; `images` are media_ids of `upload_attachment` (add_product_album)."""
        _check_product(description, price_minor, images, product_sn)
        body = {
            "description": description, "price": price_minor, "attachments": _images(images), **given(product_sn=product_sn or None),
        }  # fmt: skip
        return self._post("externalcontact/add_product_album", s.ProductId, body, is_safe=False).product_id

    def product(self, product_id: str) -> s.Product:
        """A product (get_product_album)."""
        return self._post("externalcontact/get_product_album", s.OneProduct, {"product_id": product_id}).product

    def products(self, cursor: str = "", *, limit: int = 100) -> Page[s.Product]:
        """One page of the album (get_product_album_list)."""
        number_within(limit, 1, 100, "limit")
        got = self._post("externalcontact/get_product_album_list", s.Products, {"limit": limit, "cursor": cursor})
        return Page(got.product_list, got.next_cursor)

    def update_product(self, product_id: str, description: str, price_minor: int, images: Sequence[str], *, product_sn: str = "") -> None:
        """Overwrite a product (update_product_album)."""
        _check_product(description, price_minor, images, product_sn)
        body = {
            "product_id": product_id, "description": description, "price": price_minor, "attachments": _images(images),
            **given(product_sn=product_sn or None),
        }  # fmt: skip
        self._post("externalcontact/update_product_album", s.Ok, body)

    def delete_product(self, product_id: str) -> None:
        """Take a product out (delete_product_album)."""
        self._post("externalcontact/delete_product_album", s.Ok, {"product_id": product_id})

    def add_intercept_rule(
        self,
        name: str,
        words: Sequence[str],
        *,
        semantics: Sequence[int] = (),
        is_blocked: bool = True,
        users: Sequence[str] = (),
        departments: Sequence[int] = (),
    ) -> str:
        """Stop (or only warn about) words that guides write. `semantics` 1 phone numbers, 2 e-mail, 3 red packets (add_intercept_rule)."""
        characters_within(name, 20, "rule_name", least=1)
        count_within(words, 300, "word_list", least=1)
        for word in words:
            characters_within(word, 32, "word_list.word", least=1)
        count_within(users, 1000, "user_list")
        count_within(departments, 1000, "department_list")
        body = {
            "rule_name": name, "word_list": list(words), "semantics_list": list(semantics), "intercept_type": 1 if is_blocked else 2,
            "applicable_range": {"user_list": list(users), "department_list": list(departments)},
        }  # fmt: skip
        return self._post("externalcontact/add_intercept_rule", s.RuleId, body, is_safe=False).rule_id

    def intercept_rules(self) -> list[dict[str, Any]]:
        """All rules, by name and id (get_intercept_rule_list)."""
        return self._get("externalcontact/get_intercept_rule_list", s.InterceptRules).rule_list

    def intercept_rule(self, rule_id: str) -> dict[str, Any]:
        """One rule (get_intercept_rule)."""
        return self._post("externalcontact/get_intercept_rule", s.InterceptRule, {"rule_id": rule_id}).rule

    def update_intercept_rule(self, rule_id: str, **fields: Any) -> None:
        """Change a rule; the fields by WeCom's names (update_intercept_rule)."""
        if not fields:
            raise InputError("Nothing is changed.", "Give at least one field.", field="rule")
        self._post("externalcontact/update_intercept_rule", s.Ok, {"rule_id": rule_id, **fields})

    def delete_intercept_rule(self, rule_id: str) -> None:
        """Delete a rule (del_intercept_rule)."""
        self._post("externalcontact/del_intercept_rule", s.Ok, {"rule_id": rule_id})

    def archived_users(self, edition: int | None = None) -> list[str]:
        """Whose conversations are archived; `edition` 1 office, 2 service, 3 enterprise (msgaudit/get_permit_user_list)."""
        return self._post("msgaudit/get_permit_user_list", s.PermitUsers, given(type=edition)).ids

    def agreements(self, pairs: Sequence[tuple[str, str]]) -> list[s.Agreement]:
        """Whether customers agreed to archiving, for (userid, external id) pairs, 100 at a time (msgaudit/check_single_agree)."""
        count_within(pairs, 100, "info", least=1)
        body = {"info": [{"userid": userid, "exteranalopenid": external} for userid, external in pairs]}
        return self._post("msgaudit/check_single_agree", s.Agreements, body).agreeinfo


def _check_product(description: str, price_minor: int, images: Sequence[str], product_sn: str) -> None:
    characters_within(description, 300, "description", least=1)
    number_within(price_minor, 0, 5_000_000, "price")
    bytes_within(product_sn, 128, "product_sn")
    count_within(images, 9, "attachments", least=1)


def _images(media_ids: Sequence[str]) -> list[dict[str, Any]]:
    return [{"type": "image", "image": {"media_id": media_id}} for media_id in media_ids]
