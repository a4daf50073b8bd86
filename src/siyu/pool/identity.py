"""Who is who: a pure function of the set of links and decisions. The order in which they became known never matters.

Links are taken in one canonical order: strong links by the moment they were first seen, then what people confirmed, then weak links.
The guard: two different strong identifiers of one kind and scope never meet in one group (a conflict, shown to people); a confirmation
overrules it: it joins the two groups whatever they hold. A cut keeps two identifiers apart, whatever else joins them. A weak
identifier (a browser, a device) belongs to one person and never joins two. An identifier linked to very many others (a shop's own
phone) is shared: it says nothing and stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from siyu.pool.words import ORDER, WEAK, Kind


@dataclass(frozen=True)
class Node:
    """An identifier as the resolution sees it. `person_id` is the person it belonged to before; `lookup` (its keyed hash) breaks ties,
    because numbers depend on who came first.
    """

    identifier_id: int
    kind: Kind
    scope: str
    person_id: int
    lookup: bytes = b""
    is_shared: bool = False


@dataclass(frozen=True)
class Link:
    """Two identifiers that came in one fact; `seen_at` is the earliest moment over all sources."""

    a: int
    b: int
    seen_at: datetime


@dataclass(frozen=True)
class Decision:
    """What somebody decided about two identifiers; of several about one pair the last holds."""

    decision_id: int
    kind: str  # cut | confirm
    a: int
    b: int


@dataclass(frozen=True)
class Conflict:
    """A link that the guard refused: `kind` would have stood twice in the persons `left` and `right`."""

    a: int
    b: int
    kind: str
    left: int
    right: int


@dataclass
class Resolved:
    """Whom each identifier belongs to, which links joined them, and what was refused."""

    person_of: dict[int, int]
    joins: list[tuple[int, int, str]] = field(default_factory=list)  # a, b, why: confirmed | strong | weak
    conflicts: list[Conflict] = field(default_factory=list)


class _Groups:
    """Union-find that remembers which strong identifiers each group holds."""

    def __init__(self, nodes: Mapping[int, Node]) -> None:
        self.parent = {number: number for number in nodes}
        self.strong: dict[int, dict[tuple[Kind, str], set[int]]] = {
            number: {} if node.kind in WEAK else {(node.kind, node.scope): {number}} for number, node in nodes.items()
        }

    def find(self, number: int) -> int:
        root = number
        while self.parent[root] != root:
            root = self.parent[root]
        while self.parent[number] != root:
            self.parent[number], number = root, self.parent[number]
        return root

    def join(self, left: int, right: int) -> None:
        root, other = (left, right) if left < right else (right, left)
        self.parent[other] = root
        mine = self.strong[root]
        for key, ids in self.strong.pop(other).items():
            mine.setdefault(key, set()).update(ids)

    def twice(self, left: int, right: int, limits: Mapping[str, int]) -> Kind | None:
        """The strongest kind that would stand too often if the two groups met."""
        mine, theirs = self.strong[left], self.strong[right]
        if len(mine) > len(theirs):
            mine, theirs = theirs, mine
        over = [
            key[0] for key, ids in mine.items() if key in theirs and len(ids | theirs[key]) > limits.get(key[0], 1)
        ]  # fmt: skip
        return min(over, key=lambda kind: ORDER[kind]) if over else None


def resolve(nodes: Iterable[Node], links: Iterable[Link], decisions: Iterable[Decision], limits: Mapping[str, int]) -> Resolved:
    """Group identifiers into persons. `limits` says how many of one kind (and scope) a person may have without asking; 1 by default."""
    by_id = {node.identifier_id: node for node in nodes}
    groups = _Groups(by_id)
    confirmed, cuts = _standing(decisions)
    out = Resolved({})

    def is_cut(left: int, right: int) -> bool:
        return any({groups.find(a), groups.find(b)} == {left, right} for a, b in cuts if a in by_id and b in by_id)

    def canonical(link: Link) -> tuple[datetime, list[bytes]]:
        return link.seen_at, sorted((by_id[link.a].lookup, by_id[link.b].lookup))

    strong: list[Link] = []
    weak: list[Link] = []
    for link in links:
        if by_id[link.a].is_shared or by_id[link.b].is_shared:
            continue
        (weak if by_id[link.a].kind in WEAK or by_id[link.b].kind in WEAK else strong).append(link)
    refused: list[tuple[int, int, Kind]] = []
    for link in sorted(strong, key=canonical):
        left, right = groups.find(link.a), groups.find(link.b)
        if left == right or (cuts and is_cut(left, right)):
            continue
        kind = groups.twice(left, right, limits)
        if kind is None:
            groups.join(left, right)
            out.joins.append((link.a, link.b, "strong"))
        else:
            refused.append((link.a, link.b, kind))
    for a, b in confirmed:
        left, right = groups.find(a), groups.find(b)
        if left != right and not is_cut(left, right):
            groups.join(left, right)
            out.joins.append((a, b, "confirmed"))
    for link in sorted(weak, key=canonical):
        left, right = groups.find(link.a), groups.find(link.b)
        if left == right or (groups.strong[left] and groups.strong[right]) or (cuts and is_cut(left, right)):
            continue
        groups.join(left, right)
        out.joins.append((link.a, link.b, "weak"))

    # The root is the smallest number of its group, because `join` keeps the smaller one on top.
    out.person_of = {number: groups.find(number) for number in by_id}
    for a, b, kind in refused:
        left, right = out.person_of[a], out.person_of[b]
        if left != right:
            out.conflicts.append(Conflict(a, b, kind, left, right))
    return out


def _standing(decisions: Iterable[Decision]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    last: dict[tuple[int, int], Decision] = {}
    for decision in sorted(decisions, key=lambda d: d.decision_id):
        last[decision.a, decision.b] = decision
    ordered = sorted(last.values(), key=lambda d: d.decision_id)
    return (
        [(d.a, d.b) for d in ordered if d.kind == "confirm"],
        [(d.a, d.b) for d in ordered if d.kind == "cut"],
    )
