"""Words by which people refuse text messages (回 T、TD、R 退订)."""

from __future__ import annotations

import re
import unicodedata

_WORDS = "T|TT|TD|TDD|N|NO|R|Q|QX|TUIDING|退|退订|取消|取消订阅|取消短信|拒收|拒绝|停止|STOP|UNSUBSCRIBE|CANCEL|QUIT"
_WHOLE = re.compile(rf"(?:回复?|发送?)?(?:(?:{_WORDS})(?:谢谢)?)+")
_ANYWHERE = re.compile(r"退订|拒收|别再发|不要再发|不再接收|UNSUBSCRIBE")


def is_opt_out(text: str) -> bool:
    """Whether a reply refuses further messages: one of the known words, in any width, case and punctuation, alone or repeated, or a
    sentence that says so. In doubt it does: a message too few is a small loss, one too many is against the law.
    """
    shown = unicodedata.normalize("NFKC", text).upper()
    letters = "".join(ch for ch in shown if ch.isalnum())
    return _WHOLE.fullmatch(letters) is not None or _ANYWHERE.search(letters) is not None
