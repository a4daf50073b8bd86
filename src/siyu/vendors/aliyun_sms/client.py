"""SendSms and QuerySendDetails of Dysmsapi 2017-05-25."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, date
from typing import Any, TypeVar
from urllib.parse import urlsplit

from siyu.base.ground import Ground
from siyu.vendors.accounts import secret_of
from siyu.vendors.aliyun_sms import shapes as s
from siyu.vendors.aliyun_sms.signing import authorization, canonical_query
from siyu.vendors.calls import Answered, Line
from siyu.vendors.calls import Reply as HttpReply
from siyu.vendors.checks import bytes_within, count_within, number_within
from siyu.vendors.words import Account

T = TypeVar("T")
VERSION = "2017-05-25"


class Client:
    """A client for one access key. Sending has no key at the vendor: an unknown outcome is asked about by `details`, never repeated."""

    def __init__(self, ground: Ground, account: Account, *, patience: float = 10) -> None:
        self.account = account
        self._ground = ground
        self._line = Line(ground, account, patience=patience)

    def send(
        self,
        phones: Sequence[str],
        sign_name: str,
        template_code: str,
        params: Mapping[str, str] | None = None,
        *,
        out_id: str = "",
        extend_code: str = "",
    ) -> s.Sent:
        """One text to up to 1,000 phones. `out_id` comes back in the receipt (SendSms)."""
        count_within(phones, 1000, "PhoneNumbers", least=1)
        bytes_within(out_id, 255, "OutId")
        query = {
            "PhoneNumbers": ",".join(phones), "SignName": sign_name, "TemplateCode": template_code,
            "TemplateParam": json.dumps(dict(params or {}), ensure_ascii=False), "OutId": out_id, "SmsUpExtendCode": extend_code,
        }  # fmt: skip
        return self._ask("SendSms", query, s.Sent, is_safe=False)

    def details(self, phone: str, sent_on: date, *, biz_id: str = "", page: int = 1, size: int = 50) -> s.Details:
        """One page of what became of a phone's messages of one day (Shanghai) of the last 30 (QuerySendDetails)."""
        number_within(size, 1, 50, "PageSize")
        query = {
            "PhoneNumber": phone, "SendDate": sent_on.strftime("%Y%m%d"), "PageSize": str(size), "CurrentPage": str(page),
            "BizId": biz_id,
        }  # fmt: skip
        return self._ask("QuerySendDetails", query, s.Details)

    def _ask(self, action: str, query: Mapping[str, str], shape: type[T], *, is_safe: bool = True) -> T:
        form = canonical_query({name: value for name, value in query.items() if value}).encode()
        return self._line.signed(action, "POST", "/", shape, form, lambda: self._headers(action, form), _read, is_safe=is_safe)

    def _headers(self, action: str, body: bytes) -> dict[str, str]:
        parts = urlsplit(self.account.base_url)
        headers = {
            "Host": parts.netloc, "Content-Type": "application/x-www-form-urlencoded", "x-acs-action": action, "x-acs-version": VERSION,
            "x-acs-date": self._ground.clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": secrets.token_hex(16), "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
        }  # fmt: skip
        secret = secret_of(self._ground.vault, self.account)
        signed = authorization("POST", {}, headers, key_id=self.account.app_id, secret=secret, body=body)
        return {**headers, "Authorization": signed, "Accept": "application/json"}


def _read(reply: HttpReply) -> Answered:
    found: dict[str, Any] = json.loads(reply.body)
    return Answered(str(found.get("Code", "")), found, str(found.get("RequestId", "")))
