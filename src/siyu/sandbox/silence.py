"""The line that breaks before an answer: the other side cannot know what happened."""

from __future__ import annotations

import logging

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class NoAnswer(Response):
    """Begins to answer and hangs up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})


def _is_news(record: logging.LogRecord) -> bool:
    return "without completing response" not in record.getMessage()


logging.getLogger("uvicorn.error").addFilter(_is_news)  # the server need not complain about what is meant
