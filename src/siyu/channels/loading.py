"""From claimed permits to parcels: everything that a batch needs is read at once, in one transaction, before any vendor is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from siyu import content, pool
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.channels import store
from siyu.channels.words import Answer, Channel, Line, Parcel, Reached, Reaching, Result, Ticketed, Unfit
from siyu.gate import Permit


@dataclass(frozen=True)
class Item:
    """One permit with its message. `prepared` is what the line sends; a `refusal` says why there is none."""

    permit: Permit
    address_id: int
    data: dict[str, Any]  # what every fact about this message carries
    parcel: Parcel | None = None
    prepared: Any = None
    refusal: Result | None = None


def load(ground: Ground, channel: Channel, line: Line, permits: Sequence[Permit]) -> list[Item]:
    """The items of a batch, in the order of the permits."""
    people = list({permit.person_id for permit in permits})
    with ground.db.tx() as conn:
        look = content.look(conn)
        versions = {number: content.kept(conn, *number) for number in {(permit.content_id, permit.content_version) for permit in permits}}
        values = content.people(ground, conn, people)
        addresses = _addresses(ground, conn, channel, people)
        names = {} if channel.needs_address else store.names_of(conn, people)
        wishes = {permit.intent_id: permit.person_id for permit in permits}
        tickets = channel.tickets(conn, wishes) if isinstance(channel, Ticketed) else {}
    items: list[Item] = []
    for permit in permits:
        address = addresses.get(permit.person_id)
        address_id = address.identifier_id if address else permit.person_id
        base = Item(permit, address_id, _data(permit, address_id))
        version = versions[permit.content_id, permit.content_version]
        if version is None:
            items.append(replace(base, refusal=Result(Answer.REFUSED, "no_content")))
            continue
        if channel.needs_address and address is None:
            items.append(replace(base, refusal=Result(Answer.REFUSED, "no_address")))
            continue
        links = content.SignedLinks(ground, permit.intent_id, version.links)
        made = content.render(
            replace(version, channel=channel.name, purpose=permit.purpose), values.get(permit.person_id, {}), links=links, look=look
        )
        if made.missing:
            items.append(replace(base, refusal=Result(Answer.REFUSED, "value_missing", ", ".join(made.missing)[:200])))
            continue
        parcel = Parcel(
            intent_id=permit.intent_id,
            person_id=permit.person_id,
            purpose=permit.purpose,
            topic=permit.topic,
            origin=permit.origin,
            origin_id=permit.origin_id,
            to=address.value if address else "",
            subject=made.subject,
            html=made.html,
            text=made.text,
            unsubscribe_url=links.unsubscribe(),
            at=ground.clock.now(),
            names=names.get(permit.person_id, {}),
            place=address.place if address else "",
            values=made.values,
            attachments=tuple(version.attachments),
            ticket=tickets.get(permit.intent_id),
        )
        try:
            items.append(replace(base, parcel=parcel, prepared=line.prepare(parcel)))
        except Unfit as err:
            items.append(replace(base, refusal=Result(Answer.REFUSED, err.code, err.what)))
        except InputError as err:
            items.append(replace(base, refusal=Result(Answer.REFUSED, "address_wrong", err.what)))
    return items


def _addresses(ground: Ground, conn: Connection, channel: Channel, people: Sequence[int]) -> dict[int, Reached]:
    if not channel.needs_address:
        return {}
    if isinstance(channel, Reaching):
        settings = channel.settings(ground)
        return channel.reach(ground, conn, people, settings) if settings is not None else {}
    found = pool.addresses(ground, conn, people, channel.name)
    return {person: Reached(one.identifier_id, one.value) for person, one in found.items()}


def _data(permit: Permit, address_id: int) -> dict[str, Any]:
    return {
        "channel": permit.channel, "purpose": permit.purpose, "origin": permit.origin, "origin_id": permit.origin_id,
        "content_id": permit.content_id, "content_version": permit.content_version, "address_id": address_id,
    } | ({"topic": permit.topic} if permit.topic else {})  # fmt: skip
