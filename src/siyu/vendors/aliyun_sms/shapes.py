"""What Aliyun's SMS service answers, in its own names."""

from __future__ import annotations

from msgspec import field

from siyu.vendors.shape import Shape


class Sent(Shape, frozen=True):
    """Taken for sending. `biz_id` and the phone name the receipt."""

    biz_id: str = field(name="BizId", default="")
    request_id: str = field(name="RequestId", default="")


class Detail(Shape, frozen=True):
    """What became of one message: `status` 1 waiting, 2 failed, 3 delivered. Dates as the service writes them, Shanghai time."""

    phone: str = field(name="PhoneNum", default="")
    status: int = field(name="SendStatus", default=0)
    code: str = field(name="ErrCode", default="")
    template_code: str = field(name="TemplateCode", default="")
    content: str = field(name="Content", default="")
    sent: str = field(name="SendDate", default="")
    received: str = field(name="ReceiveDate", default="")
    out_id: str = field(name="OutId", default="")

    def __repr__(self) -> str:
        return f"Detail(status={self.status}, code={self.code!r})"


class _DetailList(Shape, frozen=True):
    rows: list[Detail] = field(name="SmsSendDetailDTO", default=[])


class Details(Shape, frozen=True):
    """A page of QuerySendDetails."""

    total: int = field(name="TotalCount", default=0)
    details: _DetailList = field(name="SmsSendDetailDTOs", default=_DetailList())
