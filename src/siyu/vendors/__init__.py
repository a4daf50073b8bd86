"""The vendors' own languages, no business word. Comes in: accounts with their secrets. Goes out: calls and opened callbacks.

Rooms within: `vendors.wecom`, `vendors.wechat`, `vendors.aliyun_sms`, `vendors.tencent_sms`. Owns the tables vendor_accounts,
vendor_tokens, vendor_paces, vendor_seats, vendor_breakers and vendor_calls.
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
from siyu.vendors.crypto import Opened, Refused, Sealed, is_signed, open_callback, open_echo, seal_callback, signature_of
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
    "Account",
    "AccountState",
    "BadXml",
    "CallbackKeys",
    "Explanation",
    "InterfaceHealth",
    "Opened",
    "Refused",
    "Sealed",
    "TracedCall",
    "Trouble",
    "VendorError",
    "VendorKind",
    "account",
    "account_of",
    "accounts",
    "callback_keys",
    "forget_account",
    "is_signed",
    "keep_account",
    "open_callback",
    "open_echo",
    "read_xml",
    "retire_keys",
    "rotate_keys",
    "seal_callback",
    "secret_of",
    "signature_of",
]
