"""A message to oneself: to see a content as it will arrive, or that a channel works. It is no intent: nothing is counted or kept."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from siyu import content
from siyu.base.errors import ConfigError
from siyu.base.ground import Ground
from siyu.channels.lines import line
from siyu.channels.registry import channel_of
from siyu.channels.words import Parcel, Result

_TRIAL = 0  # no intent has this number; links of a trial lead where they should and count nothing
_NUMBERS = 2**62  # trials are numbered from here at random: mail programs hide a second letter with the same Message-ID


def send_trial(ground: Ground, version: content.Version, person: Mapping[str, Any], to: str) -> Result:
    """Send a version, as `person` would get it, to an address of one's own. Raises `ConfigError` while the channel is not set up.

    Names without value and fallback stay empty here: the preview shows them.
    """
    channel = channel_of(version.channel)
    the_line = line(ground, channel)
    if the_line is None:
        raise ConfigError("The channel is not set up.", "Set it up on the settings page first.")
    with ground.db.tx() as conn:
        look = content.look(conn)
    links = content.PlainLinks(content.unsubscribe_url(ground, _TRIAL))
    made = content.render(version, person, links=links, look=look)
    parcel = Parcel(
        intent_id=_NUMBERS + secrets.randbits(60), person_id=0, purpose=version.purpose, topic="", origin="trial", origin_id=0, to=to,
        values=made.values, subject=made.subject, html=made.html, text=made.text, unsubscribe_url=links.unsubscribe(),
        at=ground.clock.now(),
    )  # fmt: skip
    return the_line.send(the_line.prepare(parcel))
