"""Which occurrence of the same content a row is: exact, in eight bytes a row, so that ten million rows cost eighty megabytes.

Two lines that are the same in every value are two sales; the first is occurrence 0, the next 1. Kept as a few sorted runs that are merged
when they are of like size, as a log-structured tree does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.uint64]


class Occurrences:
    """A bag of 64-bit digests that says how often each was put in before."""

    def __init__(self) -> None:
        self._runs: list[Array] = []

    def number(self, digests: Sequence[bytes]) -> list[int]:
        """For each digest (8 bytes) how often it came before, in this bag and earlier in the list; and put them in."""
        fresh: Array = np.frombuffer(b"".join(digests), dtype=">u8").astype(np.uint64)
        before = np.zeros(len(fresh), dtype=np.int64)
        for run in self._runs:
            before += np.searchsorted(run, fresh, "right") - np.searchsorted(run, fresh, "left")
        self._add(np.sort(fresh))
        if len(set(digests)) == len(digests):
            return [int(n) for n in before] if before.any() else [0] * len(digests)
        here: Counter[bytes] = Counter()
        out = []
        for digest, earlier in zip(digests, before, strict=True):
            out.append(int(earlier) + here[digest])
            here[digest] += 1
        return out

    def _add(self, run: Array) -> None:
        self._runs.append(run)
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            last, other = self._runs.pop(), self._runs.pop()
            merged = np.concatenate((other, last))
            merged.sort(kind="stable")
            self._runs.append(merged)

    def keep(self, path: Path) -> None:
        """Write the bag to a file, to go on from it when rejected rows come back mended."""
        whole = np.concatenate(self._runs) if self._runs else np.zeros(0, np.uint64)
        whole.sort()
        half = path.with_suffix(".half")
        with half.open("wb") as out:
            np.save(out, whole, allow_pickle=False)
        half.replace(path)

    def take_in(self, path: Path) -> bool:
        """Add a bag that was written before; False when it is not there."""
        if not path.exists():
            return False
        self._add(np.load(path, allow_pickle=False))
        return True
