"""How customers come: contact ways, ways into groups, acquisition links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from siyu.base.errors import InputError
from siyu.vendors.checks import bytes_within, characters_within, count_within, number_within
from siyu.vendors.wecom import shapes as s
from siyu.vendors.wecom.edge import Edge, Page, given


class Ways(Edge):
    """Codes and links. Making one twice makes two, so making is never repeated by itself."""

    def add_contact_way(
        self,
        users: Sequence[str] = (),
        *,
        kind: int = 2,
        scene: int = 2,
        style: int | None = None,
        remark: str = "",
        skip_verify: bool = True,
        state: str = "",
        is_exclusive: bool | None = None,
    ) -> s.NewWay:
        """Make a 联系我 way. `kind` 1 one guide, 2 several; `scene` 1 mini-program, 2 QR code. Keep what comes back (add_contact_way)."""
        _check_way(users, remark, state)
        if kind == 1 and len(users) != 1:
            raise InputError("A single way has one guide.", "Give one userid, or kind 2.", field="user")
        body = {
            "type": kind, "scene": scene, "remark": remark, "skip_verify": skip_verify, "state": state, "user": list(users),
            **({"party": []} if kind == 2 else {}), **given(style=style, is_exclusive=is_exclusive),
        }  # fmt: skip
        return self._post("externalcontact/add_contact_way", s.NewWay, body, is_safe=False)

    def contact_way(self, config_id: str) -> s.ContactWay:
        """A way as it stands (get_contact_way)."""
        return self._post("externalcontact/get_contact_way", s.OneWay, {"config_id": config_id}).contact_way

    def contact_ways(self, cursor: str = "", *, start_time: int | None = None, end_time: int | None = None, limit: int = 1000) -> Page[str]:
        """One page of the ids of ways made between two Unix seconds (list_contact_way)."""
        number_within(limit, 1, 1000, "limit")
        body = {"cursor": cursor, "limit": limit, **given(start_time=start_time, end_time=end_time)}
        got = self._post("externalcontact/list_contact_way", s.WayIds, body)
        return Page([way.config_id for way in got.contact_way], got.next_cursor)

    def update_contact_way(
        self,
        config_id: str,
        *,
        users: Sequence[str] | None = None,
        remark: str | None = None,
        skip_verify: bool | None = None,
        state: str | None = None,
        style: int | None = None,
    ) -> None:
        """Overwrite the fields given; type and scene stay for ever (update_contact_way)."""
        _check_way(users or (), remark or "", state or "")
        body = {
            "config_id": config_id,
            **given(
                user=None if users is None else list(users), remark=remark, skip_verify=skip_verify, state=state, style=style,
            ),
        }  # fmt: skip
        self._post("externalcontact/update_contact_way", s.Ok, body)

    def delete_contact_way(self, config_id: str) -> None:
        """The code leads nowhere from now on (del_contact_way)."""
        self._post("externalcontact/del_contact_way", s.Ok, {"config_id": config_id})

    def add_join_way(
        self,
        chat_ids: Sequence[str],
        *,
        scene: int = 2,
        remark: str = "",
        is_refilled: bool = True,
        base_name: str | None = None,
        state: str = "",
    ) -> str:
        """Make a way into up to 5 groups; `is_refilled` lets WeCom open the next group when all are full. The config_id
        (groupchat/add_join_way).
        """
        body = _join_way(chat_ids, scene, remark, is_refilled, base_name, state)
        return self._post("externalcontact/groupchat/add_join_way", s.NewWay, body, is_safe=False).config_id

    def join_way(self, config_id: str) -> s.JoinWay:
        """A way with its picture (groupchat/get_join_way)."""
        return self._post("externalcontact/groupchat/get_join_way", s.OneJoinWay, {"config_id": config_id}).join_way

    def update_join_way(
        self,
        config_id: str,
        chat_ids: Sequence[str],
        *,
        scene: int = 2,
        remark: str = "",
        is_refilled: bool = True,
        base_name: str | None = None,
        state: str = "",
    ) -> None:
        """Overwrite all of a way: what is not given falls back to its default (groupchat/update_join_way)."""
        body = _join_way(chat_ids, scene, remark, is_refilled, base_name, state)
        self._post("externalcontact/groupchat/update_join_way", s.Ok, {"config_id": config_id, **body})

    def delete_join_way(self, config_id: str) -> None:
        """The code leads nowhere from now on (groupchat/del_join_way)."""
        self._post("externalcontact/groupchat/del_join_way", s.Ok, {"config_id": config_id})

    def add_link(
        self,
        name: str,
        users: Sequence[str] = (),
        departments: Sequence[int] = (),
        *,
        skip_verify: bool = True,
        priority: Mapping[str, Any] | None = None,
        mark_source: bool | None = None,
    ) -> s.AcquisitionLink:
        """Make an acquisition link; each customer who comes by it costs quota (customer_acquisition/create_link)."""
        characters_within(name, 30, "link_name", least=1)
        body = {
            "link_name": name, "range": {"user_list": list(users), "department_list": list(departments)}, "skip_verify": skip_verify,
            **given(priority_option=priority, mark_source=mark_source),
        }  # fmt: skip
        return self._post("externalcontact/customer_acquisition/create_link", s.OneLink, body, is_safe=False).link

    def update_link(
        self,
        link_id: str,
        *,
        name: str | None = None,
        users: Sequence[str] | None = None,
        departments: Sequence[int] | None = None,
        skip_verify: bool | None = None,
        priority: Mapping[str, Any] | None = None,
    ) -> None:
        """Change a link; a range that is given replaces the whole range (customer_acquisition/update_link)."""
        characters_within(name or "", 30, "link_name")
        whom = None
        if users is not None or departments is not None:
            whom = {"user_list": list(users or ()), "department_list": list(departments or ())}
        body = {"link_id": link_id, **given(link_name=name, range=whom, skip_verify=skip_verify, priority_option=priority)}
        self._post("externalcontact/customer_acquisition/update_link", s.Ok, body)

    def delete_link(self, link_id: str) -> None:
        """The link leads nowhere from now on (customer_acquisition/delete_link)."""
        self._post("externalcontact/customer_acquisition/delete_link", s.Ok, {"link_id": link_id})

    def link_quota(self) -> s.Quota:
        """How many customers links may still win, in lots that expire (customer_acquisition_quota)."""
        return self._get("externalcontact/customer_acquisition_quota", s.Quota)


def link_for(url: str, channel: str) -> str:
    """An acquisition link's address with its channel, which comes back as `state`: up to 64 bytes."""
    from urllib.parse import quote

    bytes_within(channel, 64, "customer_channel", least=1)
    return f"{url}{'&' if '?' in url else '?'}customer_channel={quote(channel, safe='')}"


def _check_way(users: Sequence[str], remark: str, state: str) -> None:
    count_within(users, 100, "user")
    characters_within(remark, 30, "remark")
    characters_within(state, 30, "state")


def _join_way(chat_ids: Sequence[str], scene: int, remark: str, is_refilled: bool, base_name: str | None, state: str) -> dict[str, Any]:
    count_within(chat_ids, 5, "chat_id_list", least=1)
    characters_within(remark, 30, "remark")
    characters_within(base_name or "", 40, "room_base_name")
    characters_within(state, 30, "state")
    return {
        "scene": scene, "remark": remark, "auto_create_room": int(is_refilled), "chat_id_list": list(chat_ids), "state": state,
        **given(room_base_name=base_name),
    }  # fmt: skip
