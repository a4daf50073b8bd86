"""What one message costs by the price list, before anything is sent: text messages (短信), by their segments and the price that is set."""

from __future__ import annotations

from siyu import content
from siyu.base import settings
from siyu.base.db import Connection

SENDER = "sms.sender"  # who sends texts, under which signature, at which price
_LENGTH = 4  # characters that a value is taken to have where nothing stands in its place: the length of a long Chinese name


def price_of(conn: Connection, version: content.Version) -> int:
    """Minor units for one message to anybody; 0 for channels that cost nothing by the message, and while no sender is set.

    Everybody's text is a little different; a value that is known only then counts with four characters. Rounded up.
    """
    sender = settings.get(conn, SENDER, None)
    if version.channel != content.SMS or not isinstance(sender, dict):
        return 0
    made = content.render(version, {}, links=content.PlainLinks(), look=content.look(conn))
    missing = sum(max(0, _LENGTH - len(value)) for _, value in made.values)
    units = content.units(made.text + "字" * missing, str(sender.get("signature", "")))
    return content.cost_minor(units, int(sender.get("unit_price_micro", content.SMS_PRICE_MICRO)))
