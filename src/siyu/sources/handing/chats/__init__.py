"""WHO OWNS A CHAT NEXT. Comes in: that chats (客户群) of one guide are to go to another, and whose owner left. Goes out: the corp's own
hand-over (离职继承、在职继承的客户群), and the mirror's owner as soon as the corp names the new one.

The corp takes 300 chats a day for one new owner and hands a chat of an owner at work on twice in 90 days; both are kept here before it is
asked. Nothing is said to who is in the chat. Owns the table chat_handings.
"""

from siyu.sources.handing.chats.deciding import (
    A_DAY,
    LEFT_WITHIN,
    TWICE_IN,
    ChatVerdict,
    again,
    answered,
    days_of,
    likely,
    next_day,
    refusal,
    seen,
    unheard,
)
from siyu.sources.handing.chats.flow import advance, ask, proposed
from siyu.sources.handing.chats.store import counts, handings, waiting
from siyu.sources.handing.chats.words import (
    ChatCase,
    ChatHanding,
    ChatHandingState,
    ChatNotHanded,
    ChatsAnswer,
    Heir,
    OwnerlessChat,
)

__all__ = [
    "A_DAY",
    "LEFT_WITHIN",
    "TWICE_IN",
    "ChatCase",
    "ChatHanding",
    "ChatHandingState",
    "ChatNotHanded",
    "ChatVerdict",
    "ChatsAnswer",
    "Heir",
    "OwnerlessChat",
    "advance",
    "again",
    "answered",
    "ask",
    "counts",
    "days_of",
    "handings",
    "likely",
    "next_day",
    "proposed",
    "refusal",
    "seen",
    "unheard",
    "waiting",
]
