"""企业微信群发: a message through the customer's guide. WeCom sends nothing by itself: each guide confirms a task in the client."""

from siyu.channels.wecom.channel import CHANNEL
from siyu.channels.wecom.funnel import GuideFunnel, TaskLine, funnel, guides_of_members, tasks_of
from siyu.channels.wecom.reminding import remind, remind_origin
from siyu.channels.wecom.warming import states as media_states
from siyu.channels.wecom.warming import warm as warm_media
from siyu.channels.wecom.words import MassRule, MassSettings, see_mass_settings, set_mass_settings

__all__ = [
    "CHANNEL",
    "GuideFunnel",
    "MassRule",
    "MassSettings",
    "TaskLine",
    "funnel",
    "guides_of_members",
    "media_states",
    "remind",
    "remind_origin",
    "see_mass_settings",
    "set_mass_settings",
    "tasks_of",
    "warm_media",
]
