"""Welcome messages, mass-send tasks, Moments: what guides send for the brand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from siyu.base.errors import InputError
from siyu.vendors.checks import bytes_within, characters_within, count_within, number_within, some
from siyu.vendors.wecom import shapes as s
from siyu.vendors.wecom.attachments import Attachment, check_attachments, check_text
from siyu.vendors.wecom.edge import Edge, Page


class Sending(Edge):
    """Messages. None of them has a key at the vendor, so none is repeated by itself where its outcome is unknown."""

    def send_welcome(self, welcome_code: str, text: str = "", attachments: Sequence[Attachment] = ()) -> None:
        """Welcome a new customer: within 20 seconds, once a code. 41051 and 41096 say that another welcome was first (send_welcome_msg)."""
        some("text", text, attachments)
        check_text(text)
        check_attachments(attachments)
        body: dict[str, Any] = {"welcome_code": welcome_code, **_message(text, attachments)}
        self._post("externalcontact/send_welcome_msg", s.Ok, body, is_safe=False)

    def add_mass_task(
        self,
        text: str = "",
        attachments: Sequence[Attachment] = (),
        *,
        chat_type: str = "single",
        external_userids: Sequence[str] = (),
        chat_ids: Sequence[str] = (),
        sender: str = "",
    ) -> s.MassMade:
        """Ask guides to send a message to customers (`single`) or groups (`group`); they must confirm (add_msg_template).

        To 10,000 customers or 2,000 groups; guides cannot change whom it goes to.
        """
        some("text", text, attachments)
        check_text(text)
        check_attachments(attachments)
        count_within(external_userids, 10_000, "external_userid")
        count_within(chat_ids, 2_000, "chat_id_list")
        if chat_type == "group":
            some("sender", sender)
        else:
            some("external_userid", external_userids, sender)
        body: dict[str, Any] = {"chat_type": chat_type, "allow_select": False, **_message(text, attachments)}
        if external_userids:
            body["external_userid"] = list(external_userids)
        if chat_ids:
            body["chat_id_list"] = list(chat_ids)
        if sender:
            body["sender"] = sender
        return self._post("externalcontact/add_msg_template", s.MassMade, body, is_safe=False)

    def remind(self, msgid: str) -> None:
        """Remind the guides who have not confirmed: 3 times in 24 hours (remind_groupmsg_send)."""
        self._post("externalcontact/remind_groupmsg_send", s.Ok, {"msgid": msgid}, is_safe=False)

    def cancel(self, msgid: str) -> None:
        """Stop the guides who have not sent; what was sent stays sent (cancel_groupmsg_send)."""
        self._post("externalcontact/cancel_groupmsg_send", s.Ok, {"msgid": msgid})

    def mass_messages(
        self,
        start_time: int,
        end_time: int,
        cursor: str = "",
        *,
        chat_type: str = "single",
        filter_type: int = 2,
        limit: int = 100,
    ) -> Page[s.MassMessage]:
        """One page of messages made between two Unix seconds, at most a month apart; `filter_type` 0 corp, 1 guides, 2 all
        (get_groupmsg_list_v2).
        """
        number_within(limit, 1, 100, "limit")
        body = {
            "chat_type": chat_type, "start_time": start_time, "end_time": end_time, "filter_type": filter_type, "limit": limit,
            "cursor": cursor,
        }  # fmt: skip
        got = self._post("externalcontact/get_groupmsg_list_v2", s.MassMessages, body)
        return Page(got.group_msg_list, got.next_cursor)

    def mass_task(self, msgid: str, cursor: str = "", *, limit: int = 1000) -> Page[s.MassTask]:
        """One page of a message's guides and whether each has sent (get_groupmsg_task). 41063: too soon after making it."""
        number_within(limit, 1, 1000, "limit")
        got = self._post("externalcontact/get_groupmsg_task", s.MassTasks, {"msgid": msgid, "limit": limit, "cursor": cursor})
        return Page(got.task_list, got.next_cursor)

    def mass_results(self, msgid: str, userid: str, cursor: str = "", *, limit: int = 1000) -> Page[s.MassResult]:
        """One page of one guide's receivers and what became of each (get_groupmsg_send_result)."""
        number_within(limit, 1, 1000, "limit")
        body = {"msgid": msgid, "userid": userid, "limit": limit, "cursor": cursor}
        got = self._post("externalcontact/get_groupmsg_send_result", s.MassResults, body)
        return Page(got.send_list, got.next_cursor)

    def add_moment_task(
        self,
        text: str = "",
        attachments: Sequence[Attachment] = (),
        *,
        users: Sequence[str] = (),
        tags: Sequence[str] = (),
    ) -> str:
        """Ask guides to post to Moments: 9 pictures, or one video, or one link, by `upload_attachment`. The job's id
        (add_moment_task).
        """
        some("text", text, attachments)
        characters_within(text, 2000, "text.content")
        check_text(text)
        _check_moment(attachments)
        visible: dict[str, Any] = {}
        if users:
            visible["sender_list"] = {"user_list": list(users), "department_list": []}
        if tags:
            visible["external_contact_list"] = {"tag_list": list(tags)}
        body = {**_message(text, attachments), **({"visible_range": visible} if visible else {})}
        return self._post("externalcontact/add_moment_task", s.JobId, body, is_safe=False).jobid

    def moment_job(self, jobid: str) -> s.MomentJob:
        """What became of making it, for 24 hours (get_moment_task_result)."""
        return self._get("externalcontact/get_moment_task_result", s.MomentJob, jobid=jobid)

    def cancel_moment(self, moment_id: str) -> None:
        """Stop the guides who have not posted (cancel_moment_task)."""
        self._post("externalcontact/cancel_moment_task", s.Ok, {"moment_id": moment_id})

    def moments(self, start_time: int, end_time: int, cursor: str = "", *, limit: int = 20) -> Page[s.Moment]:
        """One page of posts between two Unix seconds, at most 30 days apart; deleted ones are missing (get_moment_list)."""
        number_within(limit, 1, 20, "limit")
        body = {
            "start_time": start_time, "end_time": end_time, "filter_type": 2, "cursor": cursor, "limit": limit,
        }  # fmt: skip
        got = self._post("externalcontact/get_moment_list", s.Moments, body)
        return Page(got.moment_list, got.next_cursor)

    def moment_task(self, moment_id: str, cursor: str = "", *, limit: int = 1000) -> Page[s.MomentTask]:
        """One page of a post's guides and whether each has posted (get_moment_task)."""
        number_within(limit, 1, 1000, "limit")
        got = self._post("externalcontact/get_moment_task", s.MomentTasks, {"moment_id": moment_id, "cursor": cursor, "limit": limit})
        return Page(got.task_list, got.next_cursor)

    def moment_echoes(self, moment_id: str, userid: str) -> s.MomentEchoes:
        """Comments and likes under one guide's post (get_moment_comments)."""
        return self._post("externalcontact/get_moment_comments", s.MomentEchoes, {"moment_id": moment_id, "userid": userid})


def _message(text: str, attachments: Sequence[Attachment]) -> dict[str, Any]:
    message: dict[str, Any] = {}
    if text:
        message["text"] = {"content": text}
    if attachments:
        message["attachments"] = list(attachments)
    return message


def _check_moment(attachments: Sequence[Attachment]) -> None:
    kinds = {attachment.get("msgtype") for attachment in attachments}
    if len(kinds) > 1 or not kinds <= {"image", "video", "link"} or (kinds != {"image"} and len(attachments) > 1):
        raise InputError("These attachments do not go together.", "Use up to 9 images, or one video, or one link.", field="attachments")
    count_within(attachments, 9, "attachments")
    for attachment in attachments:
        if attachment["msgtype"] == "link":
            bytes_within(attachment["link"].get("title", ""), 64, "link.title")
