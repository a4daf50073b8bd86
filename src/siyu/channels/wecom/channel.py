"""Mass sending as a channel. It works off its permits by itself: one answer of WeCom is about thousands, and comes days later."""

from __future__ import annotations

from typing import Any

from siyu.base.errors import ConfigError
from siyu.base.ground import Ground
from siyu.channels.wecom.calling import call, find_lost
from siyu.channels.wecom.following import follow, stop
from siyu.channels.wecom.planning import plan
from siyu.channels.wecom.words import NAME
from siyu.channels.words import Line
from siyu.vendors import AccountState, VendorKind, accounts


class WecomChannel:
    """企业微信群发 to customers."""

    name = NAME
    needs_address = False
    is_idempotent = True  # an unknown outcome is looked up before anything is repeated

    def settings(self, ground: Ground) -> Any:
        """The numbers of the corps' accounts that are on; None without any."""
        with ground.db.tx() as conn:
            on = tuple(one.account_id for one in accounts(conn, VendorKind.WECOM) if one.state is AccountState.ON)
        return on or None

    def open(self, ground: Ground, settings: Any) -> Line:
        """There is no line to one customer: raises `ConfigError`."""
        raise ConfigError("A mass send cannot be tried on one person.", "Look at the preview; the guide confirms the real one in WeCom.")

    def deliver(self, ground: Ground, limit: int) -> int:
        """One round: clear up what is in doubt, stop what must stop, ask what became of tasks, plan, make tasks. 0 = nothing to do."""
        if self.settings(ground) is None:
            return 0
        return find_lost(ground) + stop(ground) + follow(ground) + plan(ground) + call(ground)


CHANNEL = WecomChannel()
