"""A file on its way: one multipart field."""

from __future__ import annotations

import mimetypes
import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Upload:
    """A file as multipart/form-data in the field `media`. Vendors want a file name; quotes and line breaks in it are taken out."""

    name: str
    content: bytes = field(repr=False)
    boundary: str = field(default_factory=lambda: f"siyu-{secrets.token_hex(12)}", repr=False)

    @property
    def content_type(self) -> str:
        """The header of the request."""
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def body(self) -> bytes:
        """The whole request body."""
        name = "".join(c for c in self.name if c not in '"\\\r\n') or "file"
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        head = (
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="media"; filename="{name}"; filelength={len(self.content)}\r\n'
            f"Content-Type: {kind}\r\n\r\n"
        )
        return head.encode() + self.content + f"\r\n--{self.boundary}--\r\n".encode()
