"""CSV and its cousins: which encoding, which delimiter, and the rows as a stream.

The encoding is decided by reading the whole file strictly, never by guessing from letters: UTF-16 when its mark stands in front, else
UTF-8 (with or without mark), else GB18030, else the file is refused with the place that broke it. Guessers call short GBK files Korean.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO

from siyu.sources.files.faults import FileFault
from siyu.sources.files.words import MAX_LINE, Cell, Note, Rows

DELIMITERS = (",", "\t", ";", "|")
ENCODINGS = ("utf-8", "gb18030", "utf-16", "big5", "cp1252", "shift_jis", "euc_kr")  # what a person may choose
_CHUNK = 1 << 20
_END = "\ue000end of file\ue000"  # fed to the CSV reader after the last line: if it ends up inside a field, a quote was never closed
_HEAD = 1 << 18


class Broken(list[Cell]):
    """A record that cannot be split into cells; `code` says why."""

    code = "open_quote"


@dataclass(frozen=True)
class Scan:
    """What one pass over the whole text told."""

    encoding: str
    lines_n: int
    head: str
    notes: tuple[Note, ...]


def scan(stream: IO[bytes], again: IO[bytes] | None, wanted: str | None) -> Scan:
    """Read everything once (GB18030: twice, `again` being the same bytes from the start) and decide the encoding."""
    first = stream.read(_CHUNK)
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode("utf-16", first, stream)
    if wanted:
        return _decode("utf-8-sig" if wanted == "utf-8" else wanted, first, stream)
    if b"\0" in first:
        raise FileFault("utf16_without_mark" if _is_like_utf16(first[:4096]) else "wrong_type", found="binary")
    try:
        return _decode("utf-8-sig", first, stream)
    except FileFault as fault:
        if again is None or fault.code != "encoding":
            raise
    return _decode("gb18030", again.read(_CHUNK), again)


def _is_like_utf16(head: bytes) -> bool:
    """Zeros at every second byte, and hardly another control character."""
    sides = sorted(head[n::2].count(0) / max(1, len(head) // 2) for n in (0, 1))
    controls = sum(1 for b in head if 0 < b < 9)
    return sides[0] < 0.02 and sides[1] > 0.1 and controls < 0.05 * len(head)


def _decode(encoding: str, first: bytes, rest: IO[bytes]) -> Scan:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    data, line, newlines, returns, lost, head = first, 0, 0, 0, 0, ""
    foreign = ""
    while True:
        try:
            text = decoder.decode(data, final=not data)
        except UnicodeDecodeError:
            raise FileFault("encoding", tried=encoding.removesuffix("-sig").upper(), line=max(newlines, returns) + 1) from None
        newlines += (found := text.count("\n"))
        returns += text.count("\r")
        lost += text.count("\ufffd")
        last = max(text.rfind("\n"), text.rfind("\r"))
        line = line + len(text) if last < 0 else len(text) - last
        if line > MAX_LINE and not found:
            raise FileFault("long_line", limit=f"{MAX_LINE >> 20} MB")
        if len(head) < _HEAD:
            head += text[:_HEAD]
        if len(foreign) < 4000 and not text.isascii():
            foreign += "".join(c for c in text[:200_000] if c > "\x7f")[:4000]
        if not data:
            break
        data = rest.read(_CHUNK)
    notes = []
    if encoding == "gb18030" and foreign and _common_share(foreign) < 0.7:
        notes.append(Note("encoding_unlikely", {"encoding": "GB18030"}))
    if lost or "锟斤拷" in foreign:
        notes.append(Note("characters_lost", {"n": lost or foreign.count("锟斤拷")}))
    return Scan(
        encoding, max(newlines, returns if not newlines else 0) + (1 if line > 1 or not (newlines or returns) else 0), head, tuple(notes)
    )


def _common_share(text: str) -> float:
    """The share of characters that stand in GB 2312, as nearly all of real Chinese does; what another encoding turns into does not."""
    good = 0
    for char in text:
        try:
            char.encode("gb2312")
            good += 1
        except UnicodeEncodeError:
            pass
    return good / len(text)


def sniff(head: str, is_whole: bool) -> str:
    """The delimiter under which the first records are most alike."""
    first = head[:20].splitlines()[0] if head else ""
    if first.lower().startswith("sep=") and len(first) == 5:  # Excel's own hint
        return first[4]
    lines = head.splitlines(keepends=True)
    if not is_whole and len(lines) > 1:
        lines.pop()
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        try:
            widths = [len(r) for r in islice(csv.reader(lines, delimiter=delimiter), 200) if r]
        except csv.Error:
            continue
        if not widths:
            continue
        width, often = Counter(widths).most_common(1)[0]
        score = often / len(widths) + min(width, 40) / 100 if width > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best


def records(stream: IO[bytes], encoding: str, delimiter: str) -> Iterator[list[str]]:
    """The records of the text, one by one. A quote that is never closed gives a `Broken` record with everything it swallowed."""
    text = io.TextIOWrapper(stream, encoding, errors="strict", newline="")
    reader = csv.reader(chain(text, (_END,)), delimiter=delimiter)
    try:
        for record in reader:
            if record and record[-1].endswith(_END):
                if len(record) > 1 or record[0] != _END:
                    yield Broken([*record[:-1], record[-1].removesuffix(_END)])
                return
            yield record
    except csv.Error:
        raise FileFault("open_quote", line=reader.line_num) from None
    except UnicodeDecodeError:
        raise FileFault("encoding", tried=encoding.removesuffix("-sig").upper(), line=reader.line_num + 1) from None
    finally:
        text.detach()


def rows(stream: IO[bytes], encoding: str, delimiter: str, header_row: int, size: int, lines_n: int) -> Iterator[Rows]:
    """Data rows in stretches of `size`."""
    every = records(stream, encoding, delimiter)
    for _ in range(header_row):
        next(every, None)
    no = header_row + 1
    while batch := list(islice(every, size)):
        yield Rows(no, batch, min(1.0, (no + len(batch)) / max(1, lines_n)))  # type: ignore[arg-type]
        no += len(batch)
