"""Which row is the header, and what its columns are called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from siyu.sources.files import fields
from siyu.sources.files.words import MAX_COLUMNS, REJECT_COLUMNS, Cell

_NUMBER = re.compile(r"^[¥￥$€£]?[-+]?[\d.,:/\-\s]+%?$")
LOOKED_AT = 40


def find(rows: Sequence[Sequence[Cell]]) -> int:
    """The header's place, 1 = first row; 0 when no row looks like one. Titles and blank rows above a table are common in exports."""
    widths = [sum(1 for c in row if not _blank(c)) for row in rows[:LOOKED_AT]]
    if not any(widths):
        return 0
    usual = Counter(w for w in widths if w).most_common(1)[0][0]
    best, best_score = 0, 0.0
    for number, row in enumerate(rows[:LOOKED_AT], 1):
        here = [str(c).strip() for c in row if not _blank(c)]
        if not here or len(here) < min(2, usual):
            continue
        words = [c for c in here if isinstance(c, str) and not _NUMBER.match(c) and len(c) <= 60]
        known = sum(1 for c in words if fields.meant_by(c) or c in REJECT_COLUMNS)
        typed = sum(1 for c in row if not isinstance(c, str) and not _blank(c))
        score = (
            len(words) / len(here)
            + min(1.0, len(here) / max(usual, *widths))
            + 2.0 * known / len(here)
            - 1.5 * typed / len(here)
            - 0.5 * (len(here) - len(set(here))) / len(here)
        )
        if len(words) < 0.6 * len(here):
            continue
        if score > best_score + 1e-9:
            best, best_score = number, score
    return best if best_score >= 1.6 else 0


def names(row: Sequence[Cell]) -> tuple[str, ...]:
    """Column names: trimmed, blanks numbered, doubles told apart. Trailing blank columns fall away."""
    cells = ["" if _blank(c) else " ".join(str(c).split()) for c in row][:MAX_COLUMNS]
    while cells and not cells[-1]:
        cells.pop()
    seen: Counter[str] = Counter()
    found = []
    for place, cell in enumerate(cells, 1):
        name = cell.lstrip("\ufeff'") or f"#{place}"
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(found)


def numbered(width: int) -> tuple[str, ...]:
    """Names for a table without a header."""
    return tuple(f"#{n}" for n in range(1, min(width, MAX_COLUMNS) + 1))


def _blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
