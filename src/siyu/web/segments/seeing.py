"""The picture beside a rule: how many, who, in what words; for the builder and for the page of one segment."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from siyu import segments
from siyu.base.db import Connection
from siyu.segments import TooSlowError
from siyu.web import charts
from siyu.web.page import ground_of, lang_of, say_to, show_of

SAMPLE = 5


def picture(request: Request, conn: Connection, rule: segments.Rule) -> dict[str, Any]:
    """What `segments/preview.html` shows of a rule."""
    lang = lang_of(request)
    seen = segments.preview(ground_of(request), conn, rule, limit=SAMPLE)
    stages = [(say_to(request, f"web.stage_{stage}"), n) for stage, n in seen.stages]
    return {
        "seen": seen,
        "sentence": segments.describe(conn, rule, lang),
        "stages": charts.hbars(
            say_to(request, "segments.page_stages"), stages, show=lambda n: show_of(request).number(n), lang=lang, has_table=False
        ),
        "rule_json": json.dumps(segments.dump(rule), ensure_ascii=False, indent=1),
        "too_slow": str(TooSlowError(segments.PAGE_SECONDS).told(lang)),
        "swaps": [],
        "is_detail": False,
    }  # fmt: skip
