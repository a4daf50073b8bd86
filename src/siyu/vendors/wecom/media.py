"""Pictures, videos and files in WeCom's store (`media/...`). A media_id lives three days: keep it with the file's hash and its end."""

from __future__ import annotations

from siyu.base.errors import InputError
from siyu.vendors.checks import number_within
from siyu.vendors.wecom import shapes as s
from siyu.vendors.wecom.edge import Edge

_MB = 1024 * 1024
_MOST = {"image": 10 * _MB, "voice": 2 * _MB, "video": 10 * _MB, "file": 20 * _MB}


class Media(Edge):
    """Uploads. They may be repeated: a second copy harms nobody."""

    def upload(self, kind: str, name: str, content: bytes) -> s.Media:
        """A temporary file for messages: `kind` image (JPG, PNG, 10 MB), voice (AMR, 2 MB), video (MP4, 10 MB), file (20 MB)
        (media/upload).
        """
        _check(kind, content)
        return self._upload("media/upload", s.Media, name, content, type=kind)

    def upload_attachment(self, kind: str, name: str, content: bytes) -> s.Media:
        """A file for Moments: to 10 MB (media/upload_attachment)."""
        _check(kind, content)
        number_within(len(content), 6, 10 * _MB, "media")
        return self._upload("media/upload_attachment", s.Media, name, content, media_type=kind, attachment_type="1")


def _check(kind: str, content: bytes) -> None:
    if kind not in _MOST:
        raise InputError("Files of this kind are not taken.", "Use image, voice, video or file.", field="type")
    number_within(len(content), 6, _MOST[kind], "media")
