"""SendSms and the pulls of Tencent SMS 2021-01-11."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

from siyu.base.ground import Ground
from siyu.vendors.accounts import secret_of
from siyu.vendors.calls import Answered, Line
from siyu.vendors.calls import Reply as HttpReply
from siyu.vendors.checks import bytes_within, count_within, number_within
from siyu.vendors.tencent_sms import shapes as s
from siyu.vendors.tencent_sms.signing import authorization
from siyu.vendors.words import Account

T = TypeVar("T")
VERSION = "2021-01-11"


class Client:
    """A client for one key (`app_id`) and one SmsSdkAppId (`agent_id`); the region is the option `region`."""

    def __init__(self, ground: Ground, account: Account, *, patience: float = 10) -> None:
        self.account = account
        self._ground = ground
        self._line = Line(ground, account, patience=patience)

    def send(
        self,
        phones: Sequence[str],
        sign_name: str,
        template_id: str,
        params: Sequence[str] = (),
        *,
        session_context: str = "",
        extend_code: str = "",
    ) -> list[s.SendStatus]:
        """One text to up to 200 phones (+86...; all of the mainland or none). Each row has its own code: taken only where it is Ok
        (SendSms).
        """
        count_within(phones, 200, "PhoneNumberSet", least=1)
        bytes_within(session_context, 511, "SessionContext")
        body = {
            "PhoneNumberSet": list(phones), "SmsSdkAppId": self.account.agent_id, "TemplateId": template_id, "SignName": sign_name,
            "TemplateParamSet": list(params), "SessionContext": session_context, "ExtendCode": extend_code,
        }  # fmt: skip
        return self._ask("SendSms", body, s.Sent, is_safe=False).rows

    def pull_receipts(self, *, limit: int = 100) -> list[s.PulledReceipt]:
        """Receipts that were not pulled yet; each comes once, so an unknown outcome loses them (PullSmsSendStatus)."""
        number_within(limit, 1, 100, "Limit")
        body = {"SmsSdkAppId": self.account.agent_id, "Limit": limit}
        return self._ask("PullSmsSendStatus", body, s.PulledReceipts, is_safe=False).rows

    def receipts_of(self, phone: str, begin: int, end: int, *, limit: int = 100) -> list[s.PulledReceipt]:
        """The first page of a phone's receipts between two Unix seconds; may be asked again (PullSmsSendStatusByPhoneNumber)."""
        number_within(limit, 1, 100, "Limit")
        body = {
            "BeginTime": begin, "EndTime": end, "Offset": 0, "Limit": limit, "PhoneNumber": phone, "SmsSdkAppId": self.account.agent_id,
        }  # fmt: skip
        return self._ask("PullSmsSendStatusByPhoneNumber", body, s.PulledReceipts).rows

    def pull_replies(self, *, limit: int = 100) -> list[s.PulledReply]:
        """Replies that were not pulled yet; each comes once (PullSmsReplyStatus)."""
        number_within(limit, 1, 100, "Limit")
        body = {"SmsSdkAppId": self.account.agent_id, "Limit": limit}
        return self._ask("PullSmsReplyStatus", body, s.PulledReplies, is_safe=False).rows

    def _ask(self, action: str, body: Mapping[str, Any], shape: type[T], *, is_safe: bool = True) -> T:
        payload = json.dumps({k: v for k, v in body.items() if v not in ("", None)}, ensure_ascii=False).encode()
        return self._line.signed(action, "POST", "/", shape, payload, lambda: self._headers(action, payload), _read, is_safe=is_safe)

    def _headers(self, action: str, payload: bytes) -> dict[str, str]:
        timestamp = int(self._ground.clock.now().timestamp())
        signed = {
            "Content-Type": "application/json; charset=utf-8", "Host": urlsplit(self.account.base_url).netloc, "X-TC-Action": action,
        }  # fmt: skip
        secret = secret_of(self._ground.vault, self.account)
        return {
            **signed, "X-TC-Version": VERSION, "X-TC-Timestamp": str(timestamp),
            "X-TC-Region": self.account.options.get("region", "ap-guangzhou"),
            "Authorization": authorization(signed, payload, key_id=self.account.app_id, secret=secret, timestamp=timestamp),
        }  # fmt: skip


def _read(reply: HttpReply) -> Answered:
    found: dict[str, Any] = json.loads(reply.body)["Response"]
    error = found.get("Error")
    return Answered(str(error["Code"]) if error else "OK", found, str(found.get("RequestId", "")))
