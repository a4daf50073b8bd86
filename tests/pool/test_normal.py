"""Normal forms of the wild's writings."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.pool import Identifier, Kind, masks, normal

LIN = "+8613800138000"


@pytest.mark.parametrize(
    "raw",
    [
        "13800138000", " 138 0013 8000 ", "138-0013-8000", "138.0013.8000", "+86 138 0013 8000", "+8613800138000", "0086-13800138000",
        "008613800138000", "8613800138000", "86 13800138000", "(+86)13800138000", "１３８００１３８０００",
        "＋８６－１３８００１３８０００",

        "13800138000.0", "13800138000.00", 13800138000, 13800138000.0, Decimal("13800138000"), "1.3800138000E+10", "1.3800138000e10",
        "\ufeff13800138000", "138\u200b0013\u200b8000", "\u202d13800138000\u202c", "'13800138000", '="13800138000"', "13800138000\n",
        "\t13800138000", "138\u00a00013\u00a08000", "tel:13800138000", "电话：13800138000", "手机号: 138-0013-8000", "138—0013—8000",
        "138－0013－8000", "手机 13800138000",
    ],
)  # fmt: skip
def test_a_mobile_in_any_writing(raw: object) -> None:
    assert normal.phone(raw) == LIN


@pytest.mark.parametrize(
    ("raw", "region", "expected"),
    [
        ("010-6552 9988", "CN", "+861065529988"),
        ("(0755) 8888 8888", "CN", "+8675588888888"),
        ("+44 20 7031 3000", "CN", "+442070313000"),
        ("020 7031 3000", "GB", "+442070313000"),
        ("+1 (650) 253-0000", "CN", "+16502530000"),
        ("+852 2345 6789", "CN", "+85223456789"),
        ("+886 912 345 678", "CN", "+886912345678"),
        ("0912-345-678", "TW", "+886912345678"),
        ("+86 13800138000", "GB", LIN),
        ("90-1234-5678", "JP", "+819012345678"),
    ],
)
def test_phones_of_the_world(raw: str, region: str, expected: str) -> None:
    assert normal.phone(raw, region) == expected


@pytest.mark.parametrize(
    "raw",
    [
        None, "", "   ", "无", "-", "0", "1.38E+10", "1.38001E+10", "1380013800", "138001380000", "11111111111", "12345678901",
        "13800138000/13900139000", "13800138000、13900139000", "13800138000 13900139000", "138****8000", "1380013800O", "call me",
        float("nan"), float("inf"), True, False, "NaN", "#N/A", "+86", "9" * 200, "13800138000 ext 12", Decimal("NaN"), 13800138000.5,
    ],
)  # fmt: skip
def test_what_is_no_phone(raw: object) -> None:
    assert normal.phone(raw) is None


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Lin@Example.COM", "lin@example.com"),
        ("  lin@example.com\u200b ", "lin@example.com"),
        ("ｌｉｎ＠ｅｘａｍｐｌｅ．ｃｏｍ", "lin@example.com"),
        ("Lin Xiaoman <lin@example.com>", "lin@example.com"),
        ("mailto:lin@example.com", "lin@example.com"),
        ("lin@example.com;", "lin@example.com"),
        ("lin.xiao+shop@mail.example.com", "lin.xiao+shop@mail.example.com"),
        ("lin@例子.中国", "lin@xn--fsqu00a.xn--fiqs8s"),
        ("lin@bücher.example", "lin@xn--bcher-kva.example"),
        ("12345678@qq.com", "12345678@qq.com"),
    ],
)
def test_an_address_in_any_writing(raw: str, expected: str) -> None:
    assert normal.email(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        None, "", "无", "lin", "lin@", "@example.com", "lin@example", "lin@@example.com", "lin..x@example.com", ".lin@example.com",
        "lin@example..com", "lin@-example.com", "lin@127.0.0.1", "lin xiao@example.com", "林@example.com", "lin@example.c", "a@b@c.com",
        "x" * 65 + "@example.com", "lin@" + "a" * 64 + ".com", "lin@exam_ple.com", 5, float("nan"),
        "lin@example.com\nbcc: all@example.com",
    ],
)  # fmt: skip
def test_what_is_no_address(raw: object) -> None:
    assert normal.email(raw) is None


@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    [
        (Kind.WECHAT_ID, " Lin_Xiaoman ", "lin_xiaoman"),
        (Kind.WECHAT_ID, "ｌｉｎ－８８８", "lin-888"),
        (Kind.WECHAT_ID, "lin", None),
        (Kind.WECHAT_ID, "13800138000", None),
        (Kind.WECHAT_ID, "微信", None),
        (Kind.BUYER_ID, "17850.0", "17850"),
        (Kind.BUYER_ID, 17850.0, "17850"),
        (Kind.BUYER_ID, 17850, "17850"),
        (Kind.BUYER_ID, " ００１７８５０ ", "0017850"),
        (Kind.BUYER_ID, float("nan"), None),
        (Kind.USER_ID, "a" * 201, None),
        (Kind.ANONYMOUS_ID, "00000000-0000-0000-0000-000000000000", None),
        (Kind.DEVICE_ID, "undefined", None),
        (Kind.DEVICE_ID, "[object Object]", None),
        (Kind.MEMBER_ID, "NULL", None),
        (Kind.MEMBER_ID, "No.8\u200b8", "No.88"),
        (Kind.OPENID, "oABC_def-1", "oABC_def-1"),
        (Kind.UNIONID, "", None),
        (Kind.USER_ID, "x", "x"),
        (Kind.USER_ID, 0, None),
    ],
)
def test_other_kinds(kind: Kind, raw: object, expected: str | None) -> None:
    found = normal.identifier(kind, raw, " shop ")
    assert found == (None if expected is None else Identifier(kind, expected, "shop"))


@given(st.sampled_from(list(Kind)), st.text(max_size=30) | st.floats() | st.integers())
def test_a_normal_form_is_its_own_normal_form(kind: Kind, raw: object) -> None:
    found = normal.identifier(kind, raw)
    if found is not None:
        assert normal.identifier(kind, found.value) == found
        assert found.value.isprintable()


@given(st.text(max_size=30))
def test_names_compare_in_one_form(raw: str) -> None:
    assert normal.name(normal.name(raw)) == normal.name(raw)


def test_masks_show_little() -> None:
    assert masks.of(Kind.PHONE, LIN) == "138****8000"
    assert masks.of(Kind.PHONE, "+442070313000") == "+44****000"
    assert masks.of(Kind.EMAIL, "lin@example.com") == "l***@example.com"
    assert masks.of(Kind.WECHAT_ID, "lin_xiaoman") == "l***n"
    assert masks.of(Kind.BUYER_ID, "17850") == "17850"
    assert masks.of_trait("name", "林小满") == "林**"
    assert masks.of_trait("name", "Lin Xiaoman") == "L** X***"
    assert masks.of_trait("name", "林") == "林*"
    assert masks.of_trait("address", "延安路 1 号") == "延***"
    assert masks.of_trait("phone", LIN) == "***00"
    assert repr(Identifier(Kind.PHONE, LIN)) == "Identifier(phone, ***)"
