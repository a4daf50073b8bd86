"""What a file is, told by its bytes, and how to get at the table inside gz and zip without being blown up by a bomb."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from siyu.sources.files.faults import FileFault
from siyu.sources.files.words import MAX_BYTES, MAX_RATIO, MAX_UNPACKED, MAX_WORKBOOK, Wish

Content = Literal["text", "sheet", "parquet", "gz", "zip"]

_CHUNK = 1 << 20
_RATIO_FROM = 16 << 20  # small files may shrink as much as they like
_FOREIGN = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!", "RAR"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"SQLite format 3", "SQLite"),
    (b"\x7fELF", "ELF"),
    (b"MZ", "EXE"),
    (b"ORC", "ORC"),
    (b"Obj\x01", "Avro"),
)


@dataclass(frozen=True)
class Packed:
    """Where the table is: in the file itself, or packed in it."""

    content: Literal["text", "sheet", "parquet"]
    packing: Literal["", "gz", "zip"] = ""
    member: str = ""
    members: tuple[str, ...] = ()


def find(path: Path, wish: Wish) -> Packed:
    """What the file holds. Raises `FileFault` when it is empty, too big, locked, or no table."""
    size = path.stat().st_size
    if size == 0:
        raise FileFault("empty")
    if size > MAX_BYTES:
        raise FileFault("too_big", limit=f"{MAX_BYTES >> 30} GB")
    content = _content(path)
    if content == "gz":
        with unpacked(path, "gz", "") as stream:
            inner = _content_of_stream(stream)
        return Packed(inner, "gz")
    if content == "zip":
        members = _members(path)
        member = wish.member if wish.member in members else members[0]
        with unpacked(path, "zip", member) as stream:
            inner = _content_of_stream(stream)
        return Packed(inner, "zip", member, members)
    return Packed(content)


def _content(path: Path) -> Content:
    with path.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith(b"\x1f\x8b"):
        return "gz"
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return "sheet" if _is_workbook(path) else "zip"
    return _plain(head, path)


def _content_of_stream(stream: IO[bytes]) -> Literal["text", "sheet", "parquet"]:
    head = stream.read(4096)
    if not head:
        raise FileFault("empty")
    if head.startswith(b"\x1f\x8b"):
        raise FileFault("packed_twice")
    if head.startswith(b"PK\x03\x04"):
        if b"[Content_Types].xml" in head or b"xl/" in head or b"docProps/" in head:
            return "sheet"
        raise FileFault("packed_twice")
    return _plain(head, None)


def _plain(head: bytes, path: Path | None) -> Literal["text", "sheet", "parquet"]:
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):  # OLE2: an old .xls, or an encrypted .xlsx
        if path is not None:
            with path.open("rb") as stream:
                if "EncryptedPackage".encode("utf-16-le") in stream.read(16 << 20):
                    raise FileFault("password")
        return "sheet"
    for magic, name in _FOREIGN:
        if head.startswith(magic):
            raise FileFault("wrong_type", found=name)
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t")[:300].lower()
    if start.startswith((b"<!doctype", b"<html", b"<table", b"<meta")):
        raise FileFault("web_page")
    if start.startswith(b"<?xml"):
        raise FileFault("wrong_type", found="XML")
    if start.startswith((b"{", b"[{")):
        raise FileFault("wrong_type", found="JSON")
    return "text"


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise FileFault("broken_zip") from None
    if "word/document.xml" in names:
        raise FileFault("wrong_type", found="Word")
    if "EncryptedPackage" in names:
        raise FileFault("password")
    return bool(names & {"xl/workbook.xml", "xl/workbook.bin"})


def shown_name(info: zipfile.ZipInfo) -> str:
    """A member's name as its maker wrote it: Windows in China writes GBK without saying so, and zip reads that as cp437."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def _members(path: Path) -> tuple[str, ...]:
    with zipfile.ZipFile(path) as archive:
        infos = [
            i
            for i in archive.infolist()
            if not i.is_dir()
            and i.file_size
            and not i.filename.startswith("__MACOSX/")
            and not i.filename.rpartition("/")[2].startswith(".")
        ]
    if not infos:
        raise FileFault("empty")
    if any(i.flag_bits & 0x1 for i in infos):
        raise FileFault("password")
    likely = [i for i in infos if i.filename.lower().endswith((".csv", ".tsv", ".txt", ".xlsx", ".xls", ".parquet"))] or infos
    return tuple(shown_name(i) for i in sorted(likely, key=lambda i: -i.file_size))


class Guarded(io.RawIOBase):
    """A stream that refuses to give more than `limit` bytes, or more than `MAX_RATIO` times what was packed, and names what broke."""

    def __init__(self, inner: IO[bytes], packed_bytes: int, limit: int) -> None:
        self._inner = inner
        self._limit = min(limit, max(_RATIO_FROM, packed_bytes * MAX_RATIO))
        self.given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        try:
            data = self._inner.read(len(view))
        except EOFError:
            raise FileFault("truncated") from None
        except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, OSError, NotImplementedError):
            raise FileFault("broken_zip") from None
        self.given += len(data)
        if self.given > self._limit:
            raise FileFault("bomb", ratio=MAX_RATIO, limit=f"{MAX_UNPACKED >> 30} GB")
        view[: len(data)] = data
        return len(data)


@contextmanager
def unpacked(path: Path, packing: str, member: str, *, limit: int = MAX_UNPACKED) -> Iterator[IO[bytes]]:
    """The bytes of the table, whatever it is packed in, as a stream. The stream under it can be asked how far it is: `position`."""
    if packing == "":
        with path.open("rb") as plain:
            yield plain
    elif packing == "gz":
        with path.open("rb") as raw, gzip.GzipFile(fileobj=raw) as inner:
            yield io.BufferedReader(Guarded(inner, path.stat().st_size, limit), _CHUNK)  # type: ignore[arg-type]
    else:
        with zipfile.ZipFile(path) as archive:
            info = next((i for i in archive.infolist() if shown_name(i) == member), None)
            if info is None:
                raise FileFault("no_member")
            with archive.open(info) as inner:
                yield io.BufferedReader(Guarded(inner, info.compress_size, limit), _CHUNK)


def unpack_to(path: Path, packing: str, member: str, target: Path, *, limit: int) -> None:
    """Write the unpacked table beside the packed one, for formats that must be read at random (workbooks, Parquet)."""
    half = target.with_suffix(target.suffix + ".half")
    try:
        with unpacked(path, packing, member, limit=limit) as stream, half.open("wb") as out:
            while chunk := stream.read(_CHUNK):
                out.write(chunk)
        half.replace(target)
    finally:
        with suppress(FileNotFoundError):
            half.unlink()


def check_workbook(path: Path) -> None:
    """Refuse a workbook that unpacks to more than memory bears. What is measured is what comes out, not what the archive claims."""
    with path.open("rb") as stream:
        if not stream.read(4).startswith(b"PK"):
            return
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            if any(i.flag_bits & 0x1 for i in infos):
                raise FileFault("password")
            total = sum(i.file_size for i in infos)
            packed = sum(i.compress_size for i in infos)
            if total > MAX_WORKBOOK or (total > _RATIO_FROM and total > packed * MAX_RATIO):
                raise FileFault("bomb", ratio=MAX_RATIO, limit=f"{MAX_WORKBOOK >> 20} MB")
            with path.open("rb") as raw:
                given = sum(_measure(raw, i, MAX_WORKBOOK) for i in infos)
            if given > MAX_WORKBOOK:
                raise FileFault("bomb", ratio=MAX_RATIO, limit=f"{MAX_WORKBOOK >> 20} MB")
    except (zipfile.BadZipFile, ValueError):
        raise FileFault("broken_zip") from None


def _measure(raw: IO[bytes], info: zipfile.ZipInfo, limit: int) -> int:
    """How many bytes the member really inflates to, without keeping them; what the directory claims may be a lie."""
    if info.compress_type != zipfile.ZIP_DEFLATED:
        return info.compress_size
    raw.seek(info.header_offset)
    head = raw.read(30)
    if len(head) < 30:
        raise zipfile.BadZipFile
    raw.seek(int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"), io.SEEK_CUR)
    inflate, left, given = zlib.decompressobj(-15), info.compress_size, 0
    while left > 0 and not inflate.eof:
        data = raw.read(min(left, 1 << 16))
        if not data:
            break
        left -= len(data)
        while data and given <= limit:
            try:
                given += len(inflate.decompress(data, 1 << 20))
            except zlib.error:
                return given  # the reader will name it
            data = inflate.unconsumed_tail
        if given > limit:
            return given
    return given
