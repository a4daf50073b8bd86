"""Text messages as one channel, whichever vendor carries them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from siyu import content, vendors
from siyu.base import settings
from siyu.base.db import Connection
from siyu.base.errors import ConfigError, InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.channels.connected.answering import VendorLine, coded, doubtless, is_gone
from siyu.channels.sms.words import SETTING, SmsSettings
from siyu.channels.words import Answer, Parcel, Result, Unfit
from siyu.vendors import Account, AccountState, Trouble, VendorKind, aliyun_sms, tencent_sms

KINDS = (VendorKind.ALIYUN_SMS, VendorKind.TENCENT_SMS)
_MAINLAND = "+86"


@dataclass(frozen=True)
class Text:
    """One text as it goes to a vendor."""

    phone: str = field(repr=False)
    template: str
    values: tuple[tuple[str, str], ...] = field(repr=False)
    ours: str


class SmsLine(VendorLine):
    """Texts by one account."""

    def __init__(self, ground: Ground, account: Account, sender: SmsSettings) -> None:
        super().__init__(ground, [account])
        self.sender = sender
        self._aliyun = aliyun_sms.Client(ground, account) if account.kind is VendorKind.ALIYUN_SMS else None
        self._tencent = tencent_sms.Client(ground, account) if account.kind is VendorKind.TENCENT_SMS else None

    def prepare(self, parcel: Parcel) -> Text:
        """The number, the template and its values. Marketing that does not say how to refuse it is not sent."""
        if not parcel.to.startswith("+"):
            raise InputError("The number is not in its international form.", "Import it again; numbers are kept as +86...", field="to")
        if parcel.purpose == "marketing" and not content.has_opt_out(parcel.text):
            raise Unfit("no_opt_out", "The text does not say how to refuse further ones.", "End it with 拒收请回复R.")
        return Text(parcel.to, parcel.subject, parcel.values, doubtless(self.ground.vault, parcel.intent_id))

    def call(self, prepared: Text) -> Result:
        """One text to one phone; `ours` comes back in the receipt."""
        signature, extend = self.sender.signature, self.sender.extend_code
        if self._aliyun is not None:
            phone = prepared.phone.removeprefix(_MAINLAND).removeprefix("+")
            sent = self._aliyun.send([phone], signature, prepared.template, dict(prepared.values), out_id=prepared.ours, extend_code=extend)
            return Result(Answer.TAKEN, "", "", sent.biz_id)
        assert self._tencent is not None  # noqa: S101  one of the two
        rows = self._tencent.send(
            [prepared.phone], signature, prepared.template, [value for _, value in prepared.values],
            session_context=prepared.ours, extend_code=extend,
        )  # fmt: skip
        if not rows:
            return Result(Answer.LOST, "no_answer")
        row = rows[0]
        if row.code == "Ok":
            return Result(Answer.TAKEN, "", "", row.serial_no)
        trouble = vendors.trouble_of(VendorKind.TENCENT_SMS, row.code)
        code = coded(VendorKind.TENCENT_SMS, row.code)
        if trouble is Trouble.LATER:
            return Result(Answer.LATER, code)
        if trouble in (Trouble.CONFIG, Trouble.DOWN, Trouble.TOKEN):
            return Result(Answer.DOWN, code)
        return Result(Answer.REFUSED, code, is_hard=is_gone(row.code))


class SmsChannel:
    """Texts to phones. Vendors know no key, so a text that was perhaps taken is never offered again; its receipt tells in the end."""

    name = "sms"
    needs_address = True
    is_idempotent = False

    def settings(self, ground: Ground) -> tuple[SmsSettings, Account] | None:
        """The sender that is set, with its account; None when there is none, or the account is switched off or gone."""
        with ground.db.tx() as conn:
            sender = see_sms(conn)
            account = _account(conn, sender.account_id) if sender else None
        return (sender, account) if sender and account and account.state is AccountState.ON else None

    def open(self, ground: Ground, settings: Any) -> SmsLine:
        """A line by that account."""
        sender, account = settings
        return SmsLine(ground, account, sender)


SMS = SmsChannel()


def see_sms(conn: Connection) -> SmsSettings | None:
    """By whom texts go."""
    kept = settings.get(conn, SETTING, None)
    return SmsSettings(**kept) if kept else None


def set_sms(ground: Ground, conn: Connection, sender: SmsSettings) -> None:
    """Keep by whom texts go. Raises `InputError` naming the field."""
    account = _account(conn, sender.account_id)
    if account is None or account.kind not in KINDS:
        raise InputError("This is no account for text messages.", "Connect Aliyun or Tencent SMS first.", field="account_id")
    if not 2 <= len(sender.signature) <= 20 or any(ch.isspace() or ch in "【】" for ch in sender.signature):
        raise InputError("The signature is not one.", "2 to 20 characters, without 【】, as the vendor approved it.", field="signature")
    if not 0 <= sender.unit_price_micro <= 100_000_000:
        raise InputError("The price is not possible.", "Give the price of one message, such as 0.045.", field="unit_price")
    if not sender.extend_code.isascii() or (sender.extend_code and not sender.extend_code.isdigit()):
        raise InputError("The extension has other signs than digits.", "Leave it empty, or use digits.", field="extend_code")
    settings.put(conn, SETTING, asdict(sender), at=ground.clock.now())


def forget_sms(conn: Connection) -> None:
    """Have no sender: texts wait until there is one again."""
    settings.drop(conn, SETTING)


def _account(conn: Connection, account_id: int) -> Account | None:
    try:
        return vendors.account(conn, account_id)
    except (NotFoundError, ConfigError):
        return None
