"""Python's cycle collector, for processes that hold many plain values for a short time.

A batch of facts is a hundred thousand objects that point at one another in no circle; looking through them again and again for circles
took a third of an import's processor time (measured: 15.7 s against 10.3 s for 541,909 rows). Values are freed by counting all the same.
"""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Look for circles some hundred times less often. Call once, at the beginning of a process of ours; never when a module is imported."""
    gc.set_threshold(50_000, 20, 20)
