"""The exchange behind both vendors: who may send what to whom, what becomes of it, and what is told back.

Every method wants `lock` held by its caller.
"""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec

from siyu.base.clock import SystemClock
from siyu.sandbox.courier import Courier
from siyu.sandbox.luck import draw, letters
from siyu.sandbox.sms import rules
from siyu.sandbox.sms.receipts import push_reply, push_reports
from siyu.sandbox.sms.wire import Asked, Broken, Refused
from siyu.sandbox.sms.words import ALIYUN, OPT_OUT, OTP, PROMO, TENCENT, Reply, SmsAccount, State, Template, Text

BEIJING = timezone(timedelta(hours=8))
_WALL = SystemClock()
_DIGITS = "0123456789"
_WORD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_DAY, _HOUR, _MINUTE = 86_400, 3600, 60
_WRITES = ("谢谢", "在哪里买", "好的", "还有货吗")
_REASONS = {
    "unknown": {ALIYUN: "MOBILE_NOT_ON_SERVICE", TENCENT: "MK:0001"},
    "off": {ALIYUN: "IS_CLOSED", TENCENT: "MI:0024"},
    "opted out": {ALIYUN: "MOBILE_IN_BLACK", TENCENT: "MN:0174"},
    "luck": {ALIYUN: "REQUEST_SUCCESS_BUT_EXPIRED", TENCENT: "EXPIRED"},
}


class Exchange:
    """All SMS accounts of the small world, all phones, all texts."""

    def __init__(self, path: Path, now: Callable[[], datetime], seed: int) -> None:
        self.lock = threading.RLock()
        self.seed, self.clock, self._path = seed, now, path
        self.state = msgspec.json.decode(path.read_bytes(), type=State) if path.exists() else State()
        self.courier = Courier(self.now, seed, workers=4)
        self.of_phone: dict[str, list[Text]] = defaultdict(list)
        self.of_number: dict[int, Text] = {}
        self.outbox: dict[str, list[Text]] = defaultdict(list)
        for one in self.state.texts:
            self._index(one)
            if one.state == "waiting":
                self._await_handset(self.state.accounts[one.account_id], one)

    def now(self) -> float:
        """The world's unix seconds."""
        return self.clock().timestamp()

    def is_near(self, at: float, skew: float) -> bool:
        """Whether a signature's moment is near the world's clock or the wall's: a stranger's SDK knows only the wall's."""
        return abs(at - self.now()) <= skew or abs(at - _WALL.now().timestamp()) <= skew

    def shown(self, at: float) -> str:
        """A moment as both vendors write it: the time in China."""
        return datetime.fromtimestamp(at, BEIJING).strftime("%Y-%m-%d %H:%M:%S")

    def close(self) -> None:
        """Stop carrying and write everything to the file; once."""
        if not self.courier.stop():
            return
        with self.lock:
            fresh = self._path.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(self.state))
            fresh.replace(self._path)

    def number(self) -> int:
        """The next number of this world; never given twice."""
        self.state.number += 1
        return self.state.number

    def word(self, length: int, *about: object, digits: bool = False) -> str:
        """A random-looking word, never the same twice (unless it is told by what)."""
        return letters(_DIGITS if digits else _WORD, length, self.seed, *(about or ("word", self.number())))

    def add_account(self, vendor: str, name: str, key_id: str = "", secret: str = "", sdk_app_id: str = "") -> SmsAccount:
        """Open an account. `ValueError` when the vendor is unknown or the key taken."""
        if vendor not in (ALIYUN, TENCENT):
            raise ValueError(f"vendor is {ALIYUN} or {TENCENT}")
        n = self.number()
        key_id = key_id or ("LTAI5t" if vendor == ALIYUN else "AKID") + self.word(18 if vendor == ALIYUN else 32, "key", n)
        if any(one.key_id == key_id for one in self.state.accounts.values()):
            raise ValueError("there is an account with this key already")
        made = SmsAccount(f"sms{n}", vendor, name or vendor, key_id, secret or self.word(30, "secret", n))
        made.sdk_app_id = (sdk_app_id or "1400" + self.word(6, "app", n, digits=True)) if vendor == TENCENT else ""
        made.settings = made.settings.changed({} if vendor == ALIYUN else {"promo_until": 22, "clock_skew": 300, "param_length": 12})
        self.state.accounts[made.account_id] = made
        return made

    def by_key(self, vendor: str, key_id: str) -> SmsAccount | None:
        """The account of a key."""
        return next((one for one in self.state.accounts.values() if one.vendor == vendor and one.key_id == key_id), None)

    def hit(self, account: SmsAccount, fault: str, *about: object) -> bool:
        """Whether the seed has this fault in store for the call at hand (or for what it is about)."""
        share: float = getattr(account.faults, fault)
        return share > 0 and draw(self.seed, fault, account.account_id, *(about or (account.calls_n,))) < share

    def admit(self, account: SmsAccount, ask: Asked, refusals: Mapping[str, tuple[str, str]]) -> None:
        """Count a call and let it in, or not: the faults that strike before anything is read. Raises `Broken`, `Refused`.

        `refusals` are the vendor's code and words for busy, limited and denied.
        """
        account.calls_n += 1
        if self.hit(account, "unheard"):
            raise Broken
        code = self.storm(account)
        if code:
            raise Refused(code)
        for fault in ("busy", "limited"):
            if self.hit(account, fault):
                raise Refused(*refusals[fault])
        if account.ips and ask.address not in account.ips:
            raise Refused(*refusals["denied"])

    def storm(self, account: SmsAccount) -> str:
        """The error that the vendor answers everything with just now."""
        now = self.now()
        account.storms = [one for one in account.storms if one[1] > now]
        for code, _, share in account.storms:
            if draw(self.seed, "storm", code, account.account_id, account.calls_n) < share:
                return code
        return ""

    # limits

    def sent_since(self, phone: str, since: float) -> list[Text]:
        """What was submitted for a phone since a moment, by all senders."""
        found = []
        for one in reversed(self.of_phone.get(phone, [])):
            if one.sent_at < since:
                break
            found.append(one)
        return found

    def start_of_day(self, at: float) -> float:
        """When the natural day in China began."""
        return at - (at + 8 * _HOUR) % _DAY

    def is_promo_time(self, account: SmsAccount) -> bool:
        """Whether marketing may be sent now."""
        hour = datetime.fromtimestamp(self.now(), BEIJING).hour
        return account.settings.promo_from <= hour < account.settings.promo_until

    def over_quota(self, account: SmsAccount, n: int) -> str:
        """`day` or `month` when the account's own ceiling would be passed."""
        keep, now = account.settings, self.now()
        mine = [one for one in self.state.texts if one.account_id == account.account_id] if keep.day_quota or keep.month_quota else []
        if keep.day_quota and sum(one.sent_at >= self.start_of_day(now) for one in mine) + n > keep.day_quota:
            return "day"
        month = datetime.fromtimestamp(now, BEIJING).strftime("%Y%m")
        same = sum(datetime.fromtimestamp(one.sent_at, BEIJING).strftime("%Y%m") == month for one in mine)
        return "month" if keep.month_quota and same + n > keep.month_quota else ""

    def over_rate_aliyun(self, account: SmsAccount, phone: str, signature: str, template: Template) -> str:
        """The flow control that a number would break, in Aliyun's words (rolling windows, counted when submitted)."""
        keep, now = account.settings, self.now()
        day = self.sent_since(phone, now - _DAY)
        if template.kind != OTP:
            same = sum(one.signature == signature and one.template == template.code for one in day)
            return f"触发天级流控Permits:{keep.others_per_day}" if same >= keep.others_per_day else ""
        mine = [one for one in day if one.signature == signature and one.kind == OTP]
        for words, seconds, most in (
            ("分钟", _MINUTE, keep.otp_per_minute),
            ("小时", _HOUR, keep.otp_per_hour),
            ("天", _DAY, keep.otp_per_day),
        ):
            if sum(one.sent_at > now - seconds for one in mine) >= most:
                return f"触发{words}级流控Permits:{most}"
        return f"触发天级流控Permits:{keep.otp_per_day_all}" if sum(one.kind == OTP for one in day) >= keep.otp_per_day_all else ""

    def over_rate_tencent(self, account: SmsAccount, phone: str, content: str) -> str:
        """The limit that a number would break, as Tencent's code."""
        keep, now = account.settings, self.now()
        mine = [
            one
            for one in self.sent_since(phone, min(self.start_of_day(now), now - keep.same_content_pause))
            if one.account_id == account.account_id
        ]
        if any(one.content == content and one.sent_at > now - keep.same_content_pause for one in mine):
            return "LimitExceeded.PhoneNumberThirtySecondLimit"
        if sum(one.sent_at >= self.start_of_day(now) for one in mine) >= keep.per_day:
            return "LimitExceeded.PhoneNumberDailyLimit"
        return ""

    def is_opted_out(self, account: SmsAccount, phone: str, kind: str) -> bool:
        """Whether the person refused such texts from this account."""
        return phone in account.opted_out and (kind == PROMO or account.settings.opt_out_covers_all)

    # sending and what comes of it

    def send(
        self, account: SmsAccount, phone: str, signature: str, template: Template, content: str, serial: str, out_id: str, extend: str
    ) -> Text:
        """Accept a text: it costs at once, and a handset answers later."""
        made = Text(
            self.number(), account.account_id, phone, signature, template.code, template.kind, content, rules.units(content), self.now(),
            serial, out_id, extend,
        )  # fmt: skip
        account.units_left -= made.units
        account.spent_micro += made.units * account.settings.unit_price_micro
        self.state.texts.append(made)
        self._index(made)
        self._await_handset(account, made)
        return made

    def _await_handset(self, account: SmsAccount, text: Text) -> None:
        """Let a handset answer some seconds after the text was sent; the luck is the text's own."""
        pause = account.settings.report_after - 5.0 * math.log(1 - draw(self.seed, "handset", text.serial, text.phone))

        def arrive() -> None:
            with self.lock:
                reason = self.state.dead.get(text.phone, "")
                if self.is_opted_out(account, text.phone, text.kind):
                    reason = "opted out"
                elif not reason and self.hit(account, "undelivered", text.serial, text.phone):
                    reason = "luck"
                good = "DELIVERED" if account.vendor == ALIYUN else "DELIVRD"
                text.code = _REASONS[reason][account.vendor] if reason else good
                text.state, text.done_at = "failed" if reason else "delivered", self.now()
                self._report(account, text)
                if not reason:
                    self._answer(account, text)

        self.courier.later(text.sent_at + pause, text.phone, arrive)

    def _answer(self, account: SmsAccount, text: Text) -> None:
        """What the reader does by themselves, some time later: refuse more of it, or write something."""
        luck = draw(self.seed, "answers", text.serial, text.phone)
        if text.kind == PROMO and luck < account.habits.opts_out:
            words: tuple[str, ...] = OPT_OUT
        elif text.kind != OTP and luck < (account.habits.opts_out if text.kind == PROMO else 0) + account.habits.writes:
            words = _WRITES
        else:
            return
        says = words[int(len(words) * draw(self.seed, "says", text.serial, text.phone))]
        pause = -account.habits.answer_after * math.log(1 - draw(self.seed, "answers after", text.serial, text.phone))

        def write() -> None:
            with self.lock:
                self.reply(text.phone, says, account.account_id)

        self.courier.later(self.now() + pause, text.phone, write)

    def reply(self, phone: str, content: str, account_id: str = "") -> Reply:
        """Let somebody write back to whoever wrote last (or to an account). `ValueError` when nobody wrote."""
        texts = [one for one in self.of_phone.get(phone, []) if one.state == "delivered" and account_id in ("", one.account_id)]
        if not texts:
            raise ValueError("nobody wrote to this phone")
        last = texts[-1]
        account = self.state.accounts[last.account_id]
        is_opt_out = content.strip().upper() in OPT_OUT
        made = Reply(self.number(), account.account_id, phone, content, self.now(), last.extend, last.signature, is_opt_out)
        self.state.replies.append(made)
        if is_opt_out:
            account.opted_out[phone] = made.at
        push_reply(self, account, made)
        return made

    def _index(self, one: Text) -> None:
        self.of_phone[one.phone].append(one)
        self.of_number[one.number] = one

    def _report(self, account: SmsAccount, text: Text) -> None:
        """Put a receipt on its way, with the luck of the road."""
        account.reports.append(text.number)
        if not account.report_url:
            return
        key, faults = f"{text.serial}|{text.phone}", account.faults
        if self.hit(account, "lost", key):
            text.receipt = "lost"
            return
        late = 0.0
        text.receipt = "sent"
        if self.hit(account, "late", key):
            text.receipt, late = "late", faults.late_for * draw(self.seed, "late_for", key)
        elif self.hit(account, "reordered", key):
            text.receipt, late = "reordered", 1 + 2 * draw(self.seed, "reordered_for", key)
        copies = 2 if self.hit(account, "doubled", key) else 1
        if copies > 1:
            text.receipt = "doubled"

        def lay_out() -> None:
            with self.lock:
                box = self.outbox[account.account_id]
                box += [text] * copies
                if len(box) == copies:
                    self.courier.later(self.now() + account.settings.batch_for, account.account_id, flush)

        def flush() -> None:
            with self.lock:
                texts, self.outbox[account.account_id] = self.outbox[account.account_id], []
                push_reports(self, account, texts)

        if late:
            self.courier.later(self.now() + late, account.account_id, lay_out)
        else:
            lay_out()
