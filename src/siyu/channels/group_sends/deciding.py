"""Who of the chats gets a message now: pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from siyu.channels.group_sends.words import MOST_CHATS, ChatState, GroupCap, Standing, Waiting
from siyu.channels.wecom.deciding import allowance, spent_until
from siyu.channels.wecom.words import MassRule


def standing(chat: Waiting, *, rule: MassRule, cap: GroupCap, now: datetime) -> Standing:
    """What becomes of a chat now. Messages under way count as sent: an owner may confirm them at any minute."""
    if chat.is_gone:
        return Standing(ChatState.REFUSED, "group_gone")
    if chat.had + chat.under_way >= allowance(rule, now)[1]:
        return Standing(ChatState.QUOTA, "group_quota", f"{spent_until(rule, now):%Y-%m-%d}")
    if cap.most is not None and chat.had_lately + chat.under_way >= cap.most:
        return Standing(ChatState.CAPPED, "group_cap", f"{cap.most} / {cap.days}")
    if not chat.is_served:
        return Standing(ChatState.PLANNED, "group_no_owner")  # chats of those who leave are handed over: it waits for that
    return Standing(ChatState.OPEN)


def parts(chats: Iterable[Waiting]) -> list[tuple[str, Sequence[str]]]:
    """The tasks to be made: (owner, chat ids), one an owner, 2,000 chats at most."""
    owned: dict[str, list[str]] = defaultdict(list)
    for one in chats:
        owned[one.owner].append(one.chat_id)
    return [(owner, its[n : n + MOST_CHATS]) for owner, its in sorted(owned.items()) for n in range(0, len(its), MOST_CHATS)]
