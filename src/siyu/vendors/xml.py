"""XML of callbacks: small, flat, from strangers. No document types, no entities of their own, a limit on size and depth."""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

from siyu.base.errors import InputError

MOST_BYTES = 256 * 1024
_MOST_DEPTH = 12
_MOST_ELEMENTS = 5_000


class BadXml(InputError):
    """It is not the kind of XML that a vendor sends."""


def read_xml(data: bytes, *, most: int = MOST_BYTES) -> dict[str, Any]:
    """The children of the root: a text for a leaf, a dict for a parent, a list where a name stands more than once. Raises `BadXml`."""
    if len(data) > most:
        raise BadXml(f"The XML has more than {most} bytes.", "A vendor's callback is far smaller.", field="body")
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as err:
        raise BadXml("The XML cannot be read.", "Send it as the vendor's documentation shows.", field="body") from err
    root = reader.root
    if not isinstance(root, dict):
        raise BadXml("The XML has no fields.", "Send it as the vendor's documentation shows.", field="body")
    return root


class _Reader:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartDoctypeDeclHandler = self._forbid
        self.parser.EntityDeclHandler = self._forbid
        self.parser.ExternalEntityRefHandler = self._forbid
        self.parser.ProcessingInstructionHandler = self._forbid
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.buffer_text = True
        self.root: Any = None
        self._open: list[tuple[str, dict[str, Any], list[str]]] = []
        self._elements = 0

    def _forbid(self, *_: Any) -> int:
        raise BadXml("The XML declares things of its own.", "Document types and entities are not taken.", field="body")

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._elements += 1
        if len(self._open) >= _MOST_DEPTH or self._elements > _MOST_ELEMENTS:
            raise BadXml("The XML is too deep or too long.", "A vendor's callback is far smaller.", field="body")
        self._open.append((name, {}, []))

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1][2].append(text)

    def _end(self, name: str) -> None:
        _, children, texts = self._open.pop()
        value: Any = children or "".join(texts)
        if not self._open:
            self.root = children if children else None
            return
        above = self._open[-1][1]
        if name not in above:
            above[name] = value
        elif isinstance(above[name], list):
            above[name].append(value)
        else:
            above[name] = [above[name], value]
