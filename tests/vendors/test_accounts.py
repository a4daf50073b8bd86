"""Accounts: secrets sealed, two sets of callback keys while they change, addresses that tell nobody."""

from __future__ import annotations

import pytest

from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.vendors import (
    BASE_URLS,
    CallbackKeys,
    VendorKind,
    account,
    account_of,
    accounts,
    callback_keys,
    drop_limits,
    forget_account,
    keep_account,
    retire_keys,
    rotate_keys,
    secret_of,
    see_limits,
    set_limits,
)  # fmt: skip

FIRST = CallbackKeys("first", "a" * 43)
SECOND = CallbackKeys("second", "b" * 43)
THIRD = CallbackKeys("third", "c" * 43)


def test_the_life_of_an_account(ground: Ground) -> None:
    vault = ground.vault
    with ground.db.tx() as conn:
        made = keep_account(ground, conn, kind="wecom", name="总店", app_id="wwCORP", agent_id="1", secret="s1", callback=FIRST)
        mini = keep_account(ground, conn, kind=VendorKind.MINI, name="小程序", app_id="wx1", secret="s2", base_url="http://sandbox:9000/")
        assert [a.name for a in accounts(conn)] == ["总店", "小程序"]
        assert accounts(conn, "mini") == [mini]
        assert (made.base_url, mini.base_url) == (BASE_URLS[VendorKind.WECOM], "http://sandbox:9000")
        assert account_of(conn, "wecom", "wwCORP", "1") == made
        assert (secret_of(vault, made), callback_keys(vault, made), callback_keys(vault, mini)) == ("s1", (FIRST,), ())
        with pytest.raises(InputError) as caught:
            keep_account(ground, conn, kind="wecom", name="x", app_id="wwCORP", agent_id="1", secret="s")
        assert caught.value.field == "app_id"

        changed = keep_account(ground, conn, kind="wecom", name="旗舰店", app_id="wwCORP", agent_id="1", account_id=made.account_id)
        assert (changed.name, secret_of(vault, changed), callback_keys(vault, changed)) == ("旗舰店", "s1", (FIRST,))

        two = rotate_keys(ground, conn, made.account_id, SECOND)
        assert (callback_keys(vault, two), two.rotated_at) == ((SECOND, FIRST), ground.clock.now())
        assert callback_keys(vault, rotate_keys(ground, conn, made.account_id, SECOND)) == (SECOND, FIRST), "twice is once"
        assert callback_keys(vault, rotate_keys(ground, conn, made.account_id, THIRD)) == (THIRD, SECOND), "never more than two"
        one = retire_keys(ground, conn, made.account_id)
        assert (callback_keys(vault, one), one.rotated_at) == ((THIRD,), None)

        forget_account(conn, mini.account_id)
        with pytest.raises(NotFoundError):
            account(conn, mini.account_id)
        kept = conn.execute("select v::text from vendor_accounts v").fetchall()
    for secret in ("s1", "third", "c" * 43):
        assert secret not in repr(one) + repr(kept[0]).replace("secret", "")


WRONG: list[tuple[str, dict[str, object]]] = [
    ("base_url", {"base_url": "http://qyapi.weixin.qq.com"}),
    ("base_url", {"base_url": "http://8.8.8.8:80"}),
    ("base_url", {"base_url": "ftp://x"}),
    ("base_url", {"base_url": "https://user:pass@x.com"}),
    ("base_url", {"base_url": "https://x.com?y=1"}),
    ("app_id", {"app_id": " "}),
    ("secret", {"secret": ""}),
    ("aes_key", {"callback": CallbackKeys("t", "short")}),
]


def test_what_is_not_taken(ground: Ground) -> None:
    for field, change in WRONG:
        told: dict[str, object] = {"kind": "wecom", "name": "x", "app_id": "y", "secret": "z", **change}
        with ground.db.tx() as conn, pytest.raises(InputError) as caught:
            keep_account(ground, conn, **told)  # type: ignore[arg-type]
        assert caught.value.field == field


def test_limits_that_cannot_be_kept_are_not_taken(ground: Ground) -> None:
    good = {"wecom": {"default": {"width": 2}, "externalcontact/list": {"per_second": 20}}}
    with ground.db.tx() as conn:
        set_limits(conn, good, at=ground.clock.now())
        assert see_limits(conn) == good
        for wrong in ([], {"sms": {}}, {"wecom": 3}, {"wecom": {"default": {"wide": 1}}}, {"wecom": {"default": {"width": 0}}},
                      {"wecom": {"default": {"at_once": 0}}}, {"mini": {"default": {"per_second": "x"}}},
                      {"mini": {"default": {"many": True}}}, {"mini": {"x": {"many": 10, "at_once": 11}}}):  # fmt: skip
            with pytest.raises(InputError):
                set_limits(conn, wrong, at=ground.clock.now())
        assert see_limits(conn) == good
        drop_limits(conn)
        assert see_limits(conn) == {}
