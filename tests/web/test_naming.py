"""What machines named is told to people in words: kinds of sources and jobs, ids of WeChat, why somebody was left out, callbacks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import siyu
from siyu.base.text import catalogue
from siyu.sources.connected import source_name
from siyu.vendors import VendorKind
from siyu.web import moments, naming

SRC = Path(siyu.__file__).parent


def _written(pattern: str) -> set[str]:
    return {found for path in SRC.rglob("*.py") for found in re.findall(pattern, path.read_text())}


def test_every_kind_of_job_and_of_source_has_its_words() -> None:
    jobs = _written(r'jobs\.begin\(\s*\w+, "(\w+)"')
    assert {"check", "import", "sync", "broadcast"} <= jobs
    sources = _written(r'ensure_source\(\s*conn, [^,]+, "(\w+)"') | {source_name(kind, "x")[1] for kind in VendorKind}
    assert {"channel", "system", "wecom", "file"} <= sources
    deeds = {one.replace(".", "_") for one in _written(r'note\(request, conn, (?:[^"()]*")?([a-z_]+\.[a-z_]+)"')}
    deeds |= {one.replace(".", "_") for one in _written(r'note\(request, conn, "[a-z_.]+" if \w+ else "([a-z_.]+)"')}
    for what, doing in (("broadcast", r'_done\(request, "(\w+)"'), ("group_send", r'_do\(request, "(\w+)"')):
        deeds |= {f"{what}_{one}" for one in _written(doing)}
    assert len(deeds) > 60
    wanted = (
        {f"web.deed_{one}" for one in deeds} | {f"web.job_kind_{kind}" for kind in jobs} | {f"web.source_kind_{kind}" for kind in sources}
    )
    assert not wanted - set(catalogue())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_source_of_ours_is_told_in_words(lang: str) -> None:
    accounts = {"wecom:ww1": "山茶集"}
    assert naming.source("wecom:ww1", lang, accounts) == "山茶集"
    assert naming.source("wecom:ww2", lang, accounts) == {"zh": "企业微信 ww2", "en": "WeCom ww2"}[lang]
    assert naming.source("channel:email", lang) == {"zh": "邮件的回执", "en": "Receipts: E-mail"}[lang]
    assert naming.source("siyu scores", lang) == {"zh": "客户评分", "en": "Customer scores"}[lang]
    assert naming.source("web-shop", lang) == "web-shop", "what people named stays"


def test_long_ids_show_their_ends_only() -> None:
    assert naming.short("o6_SJUmnTM5_0BxvEWexfEKlyKCP") == "o6_SJU…yKCP"
    for whole in ("+8613*****234", "a_very_long_name***@letters.example", "tb100003"):
        assert naming.short(whole) == whole


def test_what_a_consent_rests_on_is_told_in_words() -> None:
    assert moments.evidence({"by": "follow"}, "zh") == "关注了公众号"
    assert moments.evidence({"evidence": {"text": "柜台登记"}, "by": "one-click"}, "zh") == "柜台登记 · 用邮箱的一键退订"
    assert moments.evidence({"by": "mei"}, "en") == "mei", "a member of staff by name"


def test_the_address_that_is_missing_is_told_by_channel() -> None:
    told = {catalogue()[f"web.broadcast_reason_no_address_{channel}"]["zh"] for channel in ("email", "sms", "wecom")}
    assert told == {"没有邮箱", "没有手机号", "没有在职导购"}
