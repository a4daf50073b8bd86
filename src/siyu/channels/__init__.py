"""HOW. Comes in: permits of the gate. Goes out: messages, each at most once where the vendor has no key; receipts as facts.

A channel is a folder of this room with a `CHANNEL`. Owns the tables sends, channel_rests, desk_moves, mass_*, moment_*, group_* and
the settings wecom.*, email.*, webhook.*, sms.sender and welcome.timeout_seconds.
"""

from siyu.channels.attempts import give_up_outlived, resolve_unknown
from siyu.channels.breaker import Health
from siyu.channels.connected import follow, hand_over, handed_over
from siyu.channels.email.channel import (
    forget_email,
    is_bounce_key,
    new_bounce_key,
    see_email,
    set_email,
    try_email,
)  # fmt: skip
from siyu.channels.email.words import EmailSettings, Security
from siyu.channels.explain import reason, state
from siyu.channels.flow import deliver
from siyu.channels.lines import hang_up
from siyu.channels.receipts import Choice, clicked, opened, take_bounce, unsubscribed
from siyu.channels.registry import channel_of, channels
from siyu.channels.routes import routes
from siyu.channels.sms.channel import forget_sms, see_sms, set_sms
from siyu.channels.sms.words import SmsSettings
from siyu.channels.store import health, message_log, state_counts, unknown_sends
from siyu.channels.trial import send_trial
from siyu.channels.webhook.channel import change_secret, forget_webhook, see_webhook, set_webhook
from siyu.channels.webhook.words import WebhookSettings
from siyu.channels.welcome.words import SECONDS as WELCOME_SECONDS
from siyu.channels.welcome.words import SETTING as WELCOME_TIMEOUT
from siyu.channels.words import Answer, Channel, Courier, Line, Parcel, Result, Sent, State

__all__ = [
    "WELCOME_SECONDS",
    "WELCOME_TIMEOUT",
    "Answer",
    "Channel",
    "Choice",
    "Courier",
    "EmailSettings",
    "Health",
    "Line",
    "Parcel",
    "Result",
    "Security",
    "Sent",
    "SmsSettings",
    "State",
    "WebhookSettings",
    "change_secret",
    "channel_of",
    "channels",
    "clicked",
    "deliver",
    "follow",
    "forget_email",
    "forget_sms",
    "forget_webhook",
    "give_up_outlived",
    "hand_over",
    "handed_over",
    "hang_up",
    "health",
    "is_bounce_key",
    "message_log",
    "new_bounce_key",
    "opened",
    "reason",
    "resolve_unknown",
    "routes",
    "see_email",
    "see_sms",
    "see_webhook",
    "send_trial",
    "set_email",
    "set_sms",
    "set_webhook",
    "state",
    "state_counts",
    "take_bounce",
    "try_email",
    "unknown_sends",
    "unsubscribed",
]  # fmt: skip
