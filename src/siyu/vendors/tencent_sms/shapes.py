"""What Tencent's SMS service answers, in its own names."""

from __future__ import annotations

from msgspec import field

from siyu.vendors.shape import Shape


class SendStatus(Shape, frozen=True):
    """What was said about one phone: taken only where `code` is Ok. `serial_no` names the receipt; `fee` in units of one message."""

    serial_no: str = field(name="SerialNo", default="")
    phone: str = field(name="PhoneNumber", default="")
    fee: int = field(name="Fee", default=0)
    session_context: str = field(name="SessionContext", default="")
    code: str = field(name="Code", default="")
    message: str = field(name="Message", default="")
    iso_code: str = field(name="IsoCode", default="")

    def __repr__(self) -> str:
        return f"SendStatus(serial_no={self.serial_no!r}, code={self.code!r})"


class Sent(Shape, frozen=True):
    """SendSms: one row a phone."""

    rows: list[SendStatus] = field(name="SendStatusSet", default=[])
    request_id: str = field(name="RequestId", default="")


class PulledReceipt(Shape, frozen=True):
    """What became of one message: `status` SUCCESS or FAIL. `received_at` in Unix seconds."""

    received_at: int = field(name="UserReceiveTime", default=0)
    country_code: str = field(name="CountryCode", default="")
    subscriber: str = field(name="SubscriberNumber", default="")
    phone: str = field(name="PhoneNumber", default="")
    serial_no: str = field(name="SerialNo", default="")
    status: str = field(name="ReportStatus", default="")
    description: str = field(name="Description", default="")
    session_context: str = field(name="SessionContext", default="")

    def __repr__(self) -> str:
        return f"PulledReceipt(serial_no={self.serial_no!r}, status={self.status!r})"


class PulledReceipts(Shape, frozen=True):
    """PullSmsSendStatus, PullSmsSendStatusByPhoneNumber."""

    rows: list[PulledReceipt] = field(name="PullSmsSendStatusSet", default=[])


class PulledReply(Shape, frozen=True):
    """What somebody wrote back. `replied_at` in Unix seconds."""

    extend_code: str = field(name="ExtendCode", default="")
    country_code: str = field(name="CountryCode", default="")
    phone: str = field(name="PhoneNumber", default="")
    sign_name: str = field(name="SignName", default="")
    content: str = field(name="ReplyContent", default="")
    replied_at: int = field(name="ReplyTime", default=0)
    subscriber: str = field(name="SubscriberNumber", default="")

    def __repr__(self) -> str:
        return f"PulledReply(replied_at={self.replied_at})"


class PulledReplies(Shape, frozen=True):
    """PullSmsReplyStatus."""

    rows: list[PulledReply] = field(name="PullSmsReplyStatusSet", default=[])
