"""群群发: messages that guides send to the chats they own. WeCom sends nothing by itself: each owner confirms a task in the client."""

from siyu.channels.group_sends.changing import cancel, change, make, recall, start
from siyu.channels.group_sends.flow import advance
from siyu.channels.group_sends.store import chats, funnel, is_read, newest, reach, see, tasks
from siyu.channels.group_sends.words import (
    NAME,
    ORIGIN,
    ChatLine,
    Draft,
    GroupCap,
    GroupSend,
    Had,
    OwnerFunnel,
    see_group_cap,
    set_group_cap,
)

__all__ = [
    "NAME",
    "ORIGIN",
    "ChatLine",
    "Draft",
    "GroupCap",
    "GroupSend",
    "Had",
    "OwnerFunnel",
    "advance",
    "cancel",
    "change",
    "chats",
    "funnel",
    "is_read",
    "make",
    "newest",
    "reach",
    "recall",
    "see",
    "see_group_cap",
    "set_group_cap",
    "start",
    "tasks",
]
