"""The notice that a post office writes when it took a letter and could not deliver it (RFC 3464)."""

from __future__ import annotations

from datetime import datetime
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import BytesHeaderParser
from email.utils import format_datetime


def undelivered(
    raw: bytes, *, sender: str, address: str, office: str, status: str, diagnostic: str, at: datetime, number: str, action: str = "failed"
) -> bytes:
    """The notice to `sender` that the letter `raw` to `address` failed (or, with another `action`, was delayed or delivered)."""
    notice = MIMEMultipart("report", report_type="delivery-status")
    notice["From"] = f"Mail Delivery System <mailer-daemon@{office}>"
    notice["To"] = sender
    notice["Subject"] = "Undelivered Mail Returned to Sender"
    notice["Date"] = format_datetime(at)
    notice["Message-ID"] = f"<{number}@{office}>"
    notice["Auto-Submitted"] = "auto-replied"
    notice.attach(MIMEText(f"Your message to {address} could not be delivered:\n\n    {diagnostic}\n", "plain", "utf-8"))
    status_part = MIMEBase("message", "delivery-status")
    about, one = Message(), Message()
    about["Reporting-MTA"] = f"dns; {office}"
    about["Arrival-Date"] = format_datetime(at)
    one["Final-Recipient"] = f"rfc822; {address}"
    one["Action"] = action
    one["Status"] = status
    one["Diagnostic-Code"] = f"smtp; {diagnostic}"
    status_part.set_payload([about, one])
    notice.attach(status_part)
    head = BytesHeaderParser().parsebytes(raw)
    original = MIMEBase("text", "rfc822-headers")
    original.set_payload("".join(f"{name}: {value}\n" for name, value in head.items()))
    notice.attach(original)
    return notice.as_bytes()
