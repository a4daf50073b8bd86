"""What hangs on a message to WeCom: cards, pictures, files. Lengths are in bytes, as the platform counts them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.content.store import Q
from siyu.content.words import Problem

Attachment = Mapping[str, Any]
"""`{"kind": "image"|"video"|"file", "file": digest}`, `{"kind": "link", "title", "url", "desc", "picurl"}` or
`{"kind": "miniprogram", "title", "appid", "page", "file"}`; `file` is the SHA-256 of a kept file, in hex."""

MOST = 9
_MB = 1024 * 1024
_MOST_BYTES = {"image": 10 * _MB, "video": 10 * _MB, "file": 20 * _MB}
_NEEDED = {
    "image": ("file",), "video": ("file",), "file": ("file",), "link": ("title", "url"), "miniprogram": ("title", "appid", "page", "file"),
}  # fmt: skip
_BYTES = {"link": {"title": 128, "desc": 512, "url": 2048, "picurl": 2048}, "miniprogram": {"title": 64}}


@dataclass(frozen=True)
class KeptFile:
    """A file that hangs on messages. `digest` is its SHA-256 in hex, `kind` image, video or file."""

    digest: str
    name: str
    kind: str
    body: bytes

    def __repr__(self) -> str:
        return f"KeptFile({self.kind}, {len(self.body)} bytes)"


def check_attachments(attachments: Sequence[Attachment]) -> list[Problem]:
    """Everything that is wrong with them; each problem names the attachment by its number, from 1."""
    found = []
    if len(attachments) > MOST:
        found.append(Problem("attachments_many", "attachments", values={"most": MOST}))
    for number, one in enumerate(attachments, 1):
        kind = str(one.get("kind", ""))
        if kind not in _NEEDED:
            found.append(Problem("attachment_kind", "attachments", number, values={"number": number}))
            continue
        for name in _NEEDED[kind]:
            if not str(one.get(name, "")).strip():
                found.append(Problem("attachment_lacks", "attachments", number, values={"number": number, "field": name}))
        for name, most in _BYTES.get(kind, {}).items():
            if len(str(one.get(name, "")).encode()) > most:
                found.append(Problem("attachment_bytes", "attachments", number, values={"number": number, "field": name, "most": most}))
        for name in ("url", "picurl"):
            if one.get(name) and not str(one[name]).startswith(("https://", "http://")):
                found.append(Problem("attachment_url", "attachments", number, values={"number": number}))
    return found


def keep_file(ground: Ground, conn: Connection, name: str, kind: str, body: bytes) -> str:
    """Keep a file for attachments; gives its digest in hex. The same bytes are kept once. Raises `InputError` for a wrong kind or size."""
    if kind not in _MOST_BYTES:
        raise InputError("Files of this kind cannot hang on a message.", "Use a picture, a video or a file.", field="file")
    if kind == "image" and not body.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        raise InputError("The picture is neither JPG nor PNG.", "Save it as JPG or PNG.", field="file")
    if not 5 < len(body) <= _MOST_BYTES[kind]:
        raise InputError("The file is empty or too large.", f"Use one of at most {_MOST_BYTES[kind] // _MB} MB.", field="file")
    digest = hashlib.sha256(body).digest()
    conn.execute(Q.keep_file, {"digest": digest, "name": name[:120] or "file", "kind": kind, "body": body, "at": ground.clock.now()})
    return digest.hex()


def file_of(conn: Connection, digest: str) -> KeptFile | None:
    """A kept file by its digest in hex."""
    try:
        raw = bytes.fromhex(digest)
    except ValueError:
        return None
    row = conn.execute(Q.kept_file, {"digest": raw}).fetchone()
    return None if row is None else KeptFile(digest, str(row[0]), str(row[1]), bytes(row[2]))
