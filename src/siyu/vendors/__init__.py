"""The vendors' own languages, no business word. Comes in: accounts with their secrets. Goes out: calls and opened callbacks.

Rooms within: `vendors.wecom`, `vendors.wechat`, `vendors.aliyun_sms`, `vendors.tencent_sms`. Owns the tables vendor_accounts,
vendor_tokens, vendor_paces, vendor_breakers, vendor_calls, vendor_checks, vendor_check_runs and the setting vendors.limits.
"""

from siyu.vendors.accounts import (
    BASE_URLS,
    account,
    callback_keys,
    forget_account,
    keep_account,
    retire_keys,
    rotate_keys,
    secret_of,
)  # fmt: skip
from siyu.vendors.calls.limits import SETTING as LIMITS_SETTING
from siyu.vendors.calls.limits import drop_limits, limits_of, see_limits, set_limits
from siyu.vendors.calls.store import health, trace, trim_calls
from siyu.vendors.codes import explain, trouble_of
from siyu.vendors.crypto import Opened, Refused, is_signed, open_callback, open_echo, signature_of
from siyu.vendors.store import account_of, accounts
from siyu.vendors.words import (
    Account,
    AccountState,
    CallbackKeys,
    Explanation,
    InterfaceHealth,
    TracedCall,
    Trouble,
    VendorError,
    VendorKind,
)  # fmt: skip
from siyu.vendors.xml import BadXml, read_xml

__all__ = [
    "BASE_URLS",
    "LIMITS_SETTING",
    "Account",
    "AccountState",
    "BadXml",
    "CallbackKeys",
    "Explanation",
    "InterfaceHealth",
    "Opened",
    "Refused",
    "TracedCall",
    "Trouble",
    "VendorError",
    "VendorKind",
    "account",
    "account_of",
    "accounts",
    "callback_keys",
    "drop_limits",
    "explain",
    "forget_account",
    "health",
    "is_signed",
    "keep_account",
    "limits_of",
    "open_callback",
    "open_echo",
    "read_xml",
    "retire_keys",
    "rotate_keys",
    "secret_of",
    "see_limits",
    "set_limits",
    "signature_of",
    "trace",
    "trim_calls",
    "trouble_of",
]
