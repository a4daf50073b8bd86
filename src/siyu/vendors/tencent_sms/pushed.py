"""What Tencent wants to read when it has pushed receipts (up to 100 at once) or a reply: else it tries twice more."""

from __future__ import annotations

TAKEN = b'{"result":0,"errmsg":"OK"}'
