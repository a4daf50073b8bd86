"""Structured logs: one JSON object a line on stderr, personal data scrubbed by pattern as the last line of defence.

Rooms log facts about work (counts, ids, durations) with `logging.getLogger(__name__)` and `extra={...}`; never values of people.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime

_PHONE = re.compile(r"(?<!\d)(?:\+?86[-\s]?)?1[3-9]\d[-\s]?\d{4}[-\s]?\d{4}(?!\d)")
_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+\.[\w.-]+")
_URL_PASSWORD = re.compile(r"(://[^:/@\s]+):[^@/\s]+@")
_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def scrub(text: str) -> str:
    """The text without phone numbers, e-mail addresses and passwords in URLs."""
    text = _URL_PASSWORD.sub(r"\1:***@", text)
    return _EMAIL.sub("[e-mail]", _PHONE.sub("[phone]", text))


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name.removeprefix("siyu."),
            "what": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["trace"] = self.formatException(record.exc_info)
        return scrub(json.dumps(line, ensure_ascii=False, default=str))


def setup(level: str = "info") -> None:
    """Send this process's logs to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("uvicorn", "uvicorn.error", "uvicorn.access", "psycopg.pool", "mail.log", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
