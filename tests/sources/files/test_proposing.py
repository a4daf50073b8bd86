"""Headers of the shops and programs that people really export from are understood; what is not sure is left to a person."""

from __future__ import annotations

from typing import Any

import pytest

from siyu.pool import Brand
from siyu.sources.files import proposing
from siyu.sources.files.words import Mapping, Shape

BRAND = Brand()


def _propose(header: str, *rows: list[Any]) -> Mapping:
    return proposing.propose(proposing.Sample(tuple(header.split("|")), rows), BRAND)


def _fields(mapping: Mapping) -> dict[str, str]:
    return {field: column for column, field in mapping.columns.items()}


def test_online_retail() -> None:
    mapping = _propose(
        "InvoiceNo|StockCode|Description|Quantity|InvoiceDate|UnitPrice|CustomerID|Country",
        ["536365", "85123A", "HEART", "6", "12/1/2010 8:26", "2.55", "17850", "United Kingdom"],
        ["C536379", "D", "Discount", "-1", "12/1/2010 9:41", "27.5", "14527", "United Kingdom"],
        ["C536383", "35004C", "SET", "-1", "12/13/2010 9:49", "4.65", "15311", "France"],
    )
    assert mapping.kind == "order_lines"
    assert mapping.refund_prefixes == ("C",)
    assert mapping.day_first is False
    assert _fields(mapping) == {
        "order_no": "InvoiceNo", "sku": "StockCode", "product": "Description", "quantity": "Quantity", "paid_at": "InvoiceDate",
        "unit_price": "UnitPrice", "user_id": "CustomerID", "trait.country": "Country",
    }  # fmt: skip


def test_taobao_orders() -> None:
    mapping = _propose(
        "订单编号|买家会员名|买家支付宝账号|买家应付货款|总金额|买家实际支付金额|订单状态|收货人姓名|收货地址 |联系手机|订单创建时间"
        "|订单付款时间 |宝贝标题 |宝贝总数量",
        ['="1234567890123456789"', "tb_1", "138****1234", "100.00", "110.00", "110.00", "交易成功", "王芳", "深圳", "'13800138000", "2026-01-05 03:04:05", "2026-01-05 03:05:00", "杯", "1"],  # noqa: E501
        ['="1234567890123456790"', "tb_2", "", "50.00", "50.00", "0.00", "交易关闭", "李娜", "广州", "'13900139000", "2026-01-05 03:04:05", "", "碟", "1"],  # noqa: E501
    )  # fmt: skip
    have = _fields(mapping)
    assert mapping.kind == "orders"
    assert have["order_no"] == "订单编号" and have["buyer_id"] == "买家会员名" and have["phone"] == "联系手机"
    assert have["amount"] == "买家实际支付金额" and have["paid_at"].strip() == "订单付款时间" and have["ordered_at"] == "订单创建时间"
    assert have["trait.name"] == "收货人姓名"
    assert mapping.statuses == {"交易成功": "paid", "交易关闭": "closed"}


def test_youzan_lines() -> None:
    mapping = _propose(
        "订单号|订单状态|商品名称|规格编码|商品单价|商品数量|商品实付金额|买家手机|付款时间|退款状态|币种",
        ["E2026", "已完成", "茶", "T1", "60", "2", "¥110.00", "13800138000", "2026/1/5 3:04", "", "人民币"],
        ["E2026", "已完成", "壶", "T2", "99", "1", "¥99.00", "13800138000", "2026/1/5 3:04", "", "人民币"],
    )
    have = _fields(mapping)
    assert mapping.kind == "order_lines"
    assert (have["amount"], have["unit_price"], have["quantity"], have["sku"]) == ("商品实付金额", "商品单价", "商品数量", "规格编码")
    assert mapping.currency == "CNY"


def test_shopify_orders_are_lines_named_name() -> None:
    header = (
        "Name|Email|Financial Status|Paid at|Currency|Subtotal|Total|Lineitem quantity|Lineitem name|Lineitem price|Lineitem sku"
        "|Billing Name|Phone|Id"
    )
    mapping = _propose(
        header,
        ["#1001", "li@example.com", "paid", "2026-01-05 03:04:05 +0800", "USD", "30", "35", "2", "Cup", "10", "C1", "Li Na", "", "1"],
        ["#1001", "li@example.com", "", "", "", "", "", "1", "Pot", "10", "P1", "", "", ""],
    )
    have = _fields(mapping)
    assert mapping.kind == "order_lines" and mapping.fill_down and mapping.currency == "USD"
    assert (have["order_no"], have["quantity"], have["unit_price"], have["product"]) == (
        "Name",
        "Lineitem quantity",
        "Lineitem price",
        "Lineitem name",
    )
    assert "amount" not in have and have["email"] == "Email" and have["trait.name"] == "Billing Name"


def test_woocommerce_orders() -> None:
    mapping = _propose(
        "Order Number|Order Status|Order Date|Paid Date|Billing First Name|Billing Last Name|Billing Email|Billing Phone|Order Total"
        "|Order Currency",
        ["77", "wc-completed", "2026-01-05", "2026-01-06", "Na", "Li", "li@example.com", "13800138000", "35,50", "EUR"],
        ["78", "Refunded", "2026-01-05", "2026-01-06", "Na", "Li", "li@example.com", "13800138000", "1.035,50", "EUR"],
    )
    have = _fields(mapping)
    assert mapping.kind == "orders" and mapping.decimal == "," and mapping.currency == "EUR"
    assert (have["order_no"], have["amount"], have["paid_at"], have["ordered_at"]) == (
        "Order Number",
        "Order Total",
        "Paid Date",
        "Order Date",
    )
    assert mapping.statuses == {"wc-completed": "paid", "Refunded": "refunded"}


def test_an_order_total_repeated_on_each_line_is_not_counted_for_each() -> None:
    repeated = _propose(
        "订单号|商品名称|数量|实付金额|付款时间",
        ["A1", "杯", "1", "110", "2026-01-05"], ["A1", "碟", "2", "110", "2026-01-05"], ["A2", "壶", "1", "50", "2026-01-05"],
    )  # fmt: skip
    assert repeated.kind == "orders"
    priced = _propose(
        "订单号|商品名称|数量|单价|实付金额|付款时间",
        ["A1", "杯", "1", "10", "110", "2026-01-05"], ["A1", "碟", "2", "50", "110", "2026-01-05"],
    )  # fmt: skip
    assert priced.kind == "order_lines" and "amount" not in priced.columns.values()


def test_contacts() -> None:
    mapping = _propose(
        "姓名|手机号|邮箱|性别|生日|标签|接受邮件|邮件同意时间|会员卡号|备用列",
        ["王芳", "13800138000", "w@example.com", "女", "1990-01-02", "新客,茶友", "是", "2026-01-05", "M001", "x"],
    )
    assert mapping.kind == "people"
    assert set(mapping.columns.values()) == {
        "trait.name", "phone", "email", "trait.gender", "trait.birthday", "tags", "consent.email", "consent_at.email", "member_id",
    }  # fmt: skip


def test_events_keep_columns_that_nobody_named() -> None:
    mapping = _propose("event|timestamp|user_id|page|colour", ["Product Viewed", "2026-01-05T00:00:00Z", "u1", "/cup", "red"])
    have = _fields(mapping)
    assert mapping.kind == "events"
    assert (have["type"], have["at"], have["user_id"], have["data.page"], have["data.colour"]) == (
        "event", "timestamp", "user_id", "page", "colour",
    )  # fmt: skip


@pytest.mark.parametrize("column", ["电话", "c3"])
def test_values_speak_where_a_name_is_silent_or_wrong(column: str) -> None:
    rows = [["u1", "li@example.com"], ["u2", "wang@example.com"]]
    mapping = _propose(f"会员号|{column}", *rows)
    assert mapping.columns.get(column) == ("email" if column == "c3" else None)


def test_dates_that_could_be_either_are_left_open_and_said() -> None:
    sample = proposing.Sample(("订单号", "金额", "付款时间"), [["A1", "1", "05/01/2026"]])
    mapping = proposing.propose(sample, BRAND)
    assert mapping.day_first is None and proposing.has_open_dates(sample, mapping)


def test_our_own_columns_in_a_file_of_rejects_mean_nothing() -> None:
    mapping = _propose("siyu_import|siyu_row|订单号|金额|付款时间", ["1", "5", "A1", "1", "2026-01-05"])
    assert not {"siyu_import", "siyu_row"} & set(mapping.columns)
    assert Shape("text").columns == ()
