"""Contacts become facts: what they state about themselves, their tags, and their consent per channel with its evidence."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import Any

from siyu.pool import Fact
from siyu.sources.files import fields
from siyu.sources.files.turning.cells import Frame, Read, Turned
from siyu.sources.files.turning.who import Who
from siyu.sources.files.values import plain
from siyu.sources.files.values.moments import Moments
from siyu.sources.files.words import Mapping, Rows


class People:
    """Turns rows of contacts into facts. `came_at` is when the import was made: the moment of what has no date of its own."""

    def __init__(
        self,
        mapping: Mapping,
        columns: tuple[str, ...],
        key: bytes,
        latest: datetime,
        *,
        is_text: bool,
        came_at: datetime,
        evidence: dict[str, Any],
    ) -> None:
        self.mapping, self.columns, self.is_text = mapping, columns, is_text
        self.came_at, self.evidence = came_at, evidence
        by_field = {field: column for column, field in mapping.columns.items()}
        self.by_field = by_field
        self.who = Who(mapping)
        self._digest = blake2b(key=key, digest_size=12)
        self._moment = Read(Moments(mapping.time_zone, mapping.day_first, latest))
        self._tags = Read(plain.words)
        self._consents = [
            (channel, by_field[f"consent.{channel}"], by_field.get(f"consent_at.{channel}"), Read(plain.yes_no))
            for channel in fields.CHANNELS
            if f"consent.{channel}" in by_field
        ]

    def turn(self, rows: Rows) -> Turned:
        """Facts of a stretch: one `profile.stated` a row, tags and consents beside it."""
        out = Turned(len(rows.cells))
        frame = Frame(rows, self.columns, is_text=self.is_text, out=out)
        if not len(frame):
            return out
        nothing: list[Any] = [None] * len(frame)
        everybody = self.who.read(frame)
        ats = frame.read(self._moment, frame.column(self.by_field["at"]), "at") if "at" in self.by_field else nothing
        tags = frame.read(self._tags, frame.column(self.by_field["tags"]), "tags") if "tags" in self.by_field else nothing
        consents = []
        for channel, column, at_column, reader in self._consents:
            answers = frame.read(reader, frame.column(column), f"consent.{channel}")
            when = frame.read(self._moment, frame.column(at_column), f"consent_at.{channel}") if at_column else nothing
            consents.append((channel, answers, when))
        for index, said in enumerate(everybody):
            if index not in frame.bad and not said.persons:
                frame.bad[index] = ("who", "masked" if said.notes else "missing")
        frame.reject(self.by_field | {"who": self.who.columns[0]})
        for index, said in enumerate(everybody):
            if index in frame.bad:
                continue
            at, persons = ats[index] or self.came_at, said.persons
            who = [f"{i.kind}:{i.scope}:{i.value}" for i in persons]
            id_ = self._id("who", *said.parts(), *([ats[index].isoformat()] if ats[index] else []))
            out.facts.append(Fact("profile.stated", id_, at, persons, None, None, None, said.plain, said.personal))
            for tag in tags[index] or ():
                out.side.append(Fact("tag.added", self._id("tag", *who, tag), at, persons, None, None, None, {"tag": tag}))
            for channel, answers, when in consents:
                if answers[index] is None:
                    continue
                decided = when[index]
                evidence = self.evidence | {"row": frame.numbers[index], "dated": decided is not None}
                data = {"channel": channel, "purpose": self.mapping.consent_purpose, "evidence": evidence}
                type_ = "consent.given" if answers[index] else "consent.withdrawn"
                id_ = self._id(type_, *who, channel, self.mapping.consent_purpose, decided.isoformat() if decided else "")
                out.side.append(Fact(type_, id_, decided or at, persons, None, None, None, data))
        return out

    def _id(self, *parts: str) -> str:
        digest = self._digest.copy()
        digest.update("\x1f".join(parts).encode())
        return f"{parts[0]}:{digest.hexdigest()}"
