"""From the wizard's form to a mapping and a wish."""

from __future__ import annotations

import re
from dataclasses import replace

from starlette.datastructures import FormData

from siyu.sources.files import Import, Mapping, Wish


def wish(form: FormData) -> Wish:
    """What was said about the file's shape."""
    row = str(form.get("header_row", "")).strip()
    delimiter = {"tab": "\t"}.get(str(form.get("delimiter", "")), str(form.get("delimiter", "")))
    return Wish(
        encoding=str(form.get("encoding", "")) or None,
        delimiter=delimiter if len(delimiter) == 1 else None,
        sheet=str(form.get("sheet", "")) or None,
        member=str(form.get("member", "")) or None,
        header_row=int(row) if row.isdigit() and len(row) < 7 else None,
    )


def mapping(form: FormData, it: Import) -> Mapping:
    """The mapping as it stands in the form; what the form does not show stays as it was kept."""
    kept = it.mapping
    columns = {}
    for number, name in enumerate(it.look.shape.columns):
        field = str(form.get(f"c{number}", kept.columns.get(name, "")))
        if field:
            columns[name] = field
    text = {n: str(form.get(n, getattr(kept, n))).strip()[:100] for n in ("source", "currency", "time_zone", "decimal", "event_type")}
    day = {"day": True, "month": False, "": None}.get(str(form.get("day_first", "?")), kept.day_first)
    statuses = {word: str(form.get(f"s{n}", meaning)) for n, (word, meaning) in enumerate(kept.statuses.items())}
    prefixes = tuple(p for p in re.split(r"[,，、\s]+", str(form.get("refund_prefixes", " ".join(kept.refund_prefixes)))) if p)[:10]
    is_shown = "shown" in form  # the form shows every choice: a tick that is missing was taken away
    fill_down = "fill_down" in form if is_shown and kept.kind in ("orders", "order_lines") else kept.fill_down
    leaves_out = str(form.get("bad_identifier", kept.bad_identifier)) == "leave_out"
    return replace(
        kept,
        columns=columns,
        day_first=day,
        statuses=statuses,
        refund_prefixes=prefixes,
        fill_down=fill_down,
        bad_identifier="leave_out" if leaves_out else "reject",
        source=text["source"],
        currency=text["currency"],
        time_zone=text["time_zone"],
        decimal=text["decimal"],
        event_type=text["event_type"],
    )
