"""What Aliyun wants to read when it has pushed receipts (SmsReport) or replies (SmsUp): else it repeats after 1, 5 and 10 minutes."""

from __future__ import annotations

TAKEN = b'{"code":0,"msg":"OK"}'
