"""A vendor's answer in our words, and the line that all of these channels have."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from siyu import vendors
from siyu.base.db import Connection
from siyu.base.errors import ConfigError, InputError
from siyu.base.ground import Ground
from siyu.base.vault import Vault
from siyu.channels.words import Answer, Parcel, Result
from siyu.vendors import Account, AccountState, Trouble, VendorError, VendorKind

_CONNECTIONS = 4
_PATIENCE = timedelta(seconds=65)  # three tries of ten seconds and their turns
_GONE = frozenset({"43004", "40003", "46004", "isv.MOBILE_NUMBER_ILLEGAL", "InvalidParameterValue.IncorrectPhoneNumber"})
_REFUSING = frozenset({"FailedOperation.PhoneNumberInBlacklist", "isv.BLACK_KEY_CONTROL_LIMIT", "MK:0000", "user block"})


def result_of(err: VendorError) -> Result:
    """What may be done with this message after such an error. The code keeps the vendor's own number: `channels.reason` explains it.

    Whatever left nobody sure is lost, also where the client was free to ask again at once: the vendor remembers our number for minutes,
    and the message may wait longer.
    """
    code = err.code if err.code in ("no_answer",) or err.vendor is None else coded(err.vendor, err.code)
    why = err.rid[:80]
    if err.is_unknown or err.kind is Trouble.UNKNOWN or err.code in ("no_answer", "unreadable") or err.code.startswith("http_5"):
        return Result(Answer.LOST, code, why)
    if err.kind is Trouble.LATER:
        return Result(Answer.LATER, code, why, retry_after=err.retry_after)
    if err.kind in (Trouble.DOWN, Trouble.CONFIG, Trouble.TOKEN):
        return Result(Answer.DOWN, code, why, retry_after=err.retry_after)
    return Result(Answer.REFUSED, code, why, is_hard=is_gone(err.code) or err.kind is Trouble.RELATION)


def coded(kind: VendorKind | str, code: str) -> str:
    """A vendor's code as the code of a send."""
    return f"{kind}:{code}"[:120]


def is_gone(code: str) -> bool:
    """Whether the code says that this address gets nothing any more: unknown number, follower gone, refused at the vendor."""
    return code in _GONE or code in _REFUSING


def doubtless(vault: Vault, intent_id: int) -> str:
    """Our own number of a message, as vendors give it back: 32 characters at most, and not to be made up from the number of an intent."""
    return f"{intent_id}-{vault.token('vendor-message', str(intent_id))[:10]}".replace("_", "-")


def intent_of(vault: Vault, ours: str) -> int | None:
    """The intent of such a number; None when it is not one of ours."""
    number = ours.partition("-")[0]
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    return int(number) if doubtless(vault, int(number)) == ours else None


def clients(conn: Connection, kind: VendorKind) -> tuple[Account, ...]:
    """The accounts of a kind that are in use."""
    return tuple(one for one in vendors.accounts(conn) if one.kind is kind and one.state is AccountState.ON)


class VendorLine:
    """A line to one or more accounts of a vendor; the vendor's own client keeps the pace, the tokens and the connections."""

    width = _CONNECTIONS
    patience = _PATIENCE

    def __init__(self, ground: Ground, accounts: Iterable[Account]) -> None:
        self.ground = ground
        self.accounts = {one.app_id: one for one in accounts}

    def pause(self, parcel: Parcel) -> timedelta:
        """The vendor's client waits by itself."""
        return timedelta(0)

    def send(self, prepared: Any) -> Result:
        """Hand it over, and read whatever comes back."""
        try:
            return self.call(prepared)
        except VendorError as err:
            return result_of(err)
        except InputError as err:
            return Result(Answer.REFUSED, "form_field", err.what)
        except ConfigError:
            return Result(Answer.DOWN, "account_off")

    def call(self, prepared: Any) -> Result:
        """Ask the vendor. Raises `VendorError`, `InputError`, `ConfigError`."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing of this line's own is open."""
