"""`siyu diagnose` on files it has never seen: a right report or a clear refusal."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from siyu.cli import main


def orders(people: int, seed: int = 3, days: int = 500) -> list[list[Any]]:
    """(order, customer phone, day, amount, discount, state) of a small shop."""
    dice, rows = random.Random(seed), []
    for who in range(people):
        day = dice.uniform(0, 300)
        while day < days:
            at = date(2024, 6, 1) + timedelta(days=int(day))
            amount = round(dice.lognormvariate(4.5, 0.6), 2)
            rows.append([f"E{len(rows):07d}", f"138{who:08d}", at, amount, dice.random() < 0.3, dice.random() < 0.04])
            if dice.random() < 0.35:
                break
            day += dice.expovariate(1 / 45)
    return rows


def chinese(rows: list[list[Any]], encoding: str = "gb18030") -> bytes:
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(["订单编号", "买家手机号", "付款时间", "实付金额", "订单状态"])
    for no, phone, at, amount, _, back in rows:
        sheet.writerow([no, phone, f"{at.year}年{at.month}月{at.day}日", f"¥{amount:,.2f}", "已退款" if back else "交易成功"])
    return out.getvalue().encode(encoding)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any], str]:
    code = main(["diagnose", *words, "--json"])
    shown = capsys.readouterr()
    return code, json.loads(shown.out), shown.err


def test_a_gbk_file_with_chinese_headers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = orders(900)
    file = tmp_path / "订单2025.csv"
    file.write_bytes(chinese(rows))
    code, found, _ = run(capsys, str(file), "--lang", "zh")
    assert code == 0
    assert found["customers"] == len({row[1] for row in rows})
    assert found["currency"] == "CNY"
    assert found["known_sales_minor"] == sum(round(row[3] * 100) for row in rows)
    assert found["refunds_minor"] == sum(round(row[3] * 100) for row in rows if row[5])
    for name in (
        "repeat_rate",
        "repurchase_90d",
        "model",
        "clv",
        "pool_value",
        "allowable_cac",
        "break_even_customers_per_guide",
        "verdict",
        "stage",
    ):
        assert found[name] is not None, name
    assert found["pool_value"]["low"] <= found["pool_value"]["value"] <= found["pool_value"]["high"]
    page = Path(found["report"]).read_text("utf-8")
    assert not re.search(r"(?<!\d)138\d{8}(?!\d)", page)  # no phone of anybody
    assert "私域值不值得做" in page


def test_another_currency_and_the_shops_own_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = orders(300, seed=5)
    file = tmp_path / "orders.csv"
    lines = ["Order ID,Customer Email,Created at,Total,Currency"]
    lines += [f"{no},c{phone}@mail.example,{at.isoformat()} 10:00:00,{amount},EUR" for no, phone, at, amount, *_ in rows]
    file.write_text("\n".join(lines), "utf-8")
    code, found, _ = run(capsys, str(file), "--lang", "en")
    assert code == 0
    assert (found["currency"], found["currency_assumed"]) == ("EUR", False)
    file.write_text("\n".join(line.removesuffix(",EUR").removesuffix(",Currency") for line in lines), "utf-8")
    for lang, currency, words in (("zh", "CNY", "文件没有写明货币"), ("en", "USD", "does not say its currency")):
        code, found, _ = run(capsys, str(file), "--lang", lang)
        assert (code, found["currency"], found["currency_assumed"]) == (0, currency, True)
        assert words in Path(found["report"]).read_text("utf-8")
    code, told, _ = run(capsys, str(file), "--lang", "en", "--currency", "USD")
    assert (code, told["currency_assumed"]) == (0, False)
    assert "does not say its currency" not in Path(told["report"]).read_text("utf-8")
    assert told["sales_minor"] == found["sales_minor"]
    assert found["orders"] == len(rows)


@pytest.mark.parametrize("people", [1, 10])
def test_a_handful_of_customers_is_too_few_to_say(people: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "few.csv"
    file.write_bytes(chinese(orders(people), "utf-8-sig"))
    code, found, _ = run(capsys, str(file))
    assert code == 0
    assert found["verdict"] == "too_few"
    assert found["pool_value"] is None


def test_dates_in_the_future_are_left_out_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = orders(30)
    rows.append(["F1", "13800000001", date(2199, 1, 1), 10.0, False, False])
    file = tmp_path / "future.csv"
    file.write_bytes(chinese(rows, "utf-8"))
    _, found, _ = run(capsys, str(file))
    assert found["future"] == 1
    assert found["last_on"] < "2030"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        ("订单编号,买家手机号,付款时间,实付金额,订单状态\n".encode(), "no rows"),
        ("订单编号,买家手机号,付款时间,实付金额\nE1,13800000001,2025-01-01,-5\n".encode(), "no paid order"),
        ("订单编号,付款时间,实付金额\nE1,2025-01-01,5\n".encode(), ""),
        ("姓名,城市\n林,杭州\n".encode(), ""),
        (b"\x00\x01\x02\xff" * 50, ""),
    ],
)
def test_what_cannot_be_judged_is_refused_in_words(content: bytes, word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "odd.csv"
    file.write_bytes(content)
    code, found, said = run(capsys, str(file), "--lang", "en")
    assert code == 1
    assert found["error"]["what"]
    assert word in found["error"]["what"]
    assert "Traceback" not in said


def test_a_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found, _ = run(capsys, str(tmp_path / "none.csv"))
    assert code == 1
    assert "none.csv" in found["error"]["what"]


def test_who_buys_only_on_discount_is_told_when_the_file_says_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(["订单编号", "手机号", "付款时间", "实付金额", "优惠金额"])
    for who in range(60):
        for n in range(2):
            sheet.writerow(
                [f"D{who}-{n}", f"138{who:08d}", f"2025-0{1 + n}-{1 + who % 28:02d} 10:00", "80.00", "20.00" if who < 15 else ""]
            )
    file = tmp_path / "优惠.csv"
    file.write_bytes(out.getvalue().encode("gb18030"))
    code, found, _ = run(capsys, str(file), "--lang", "zh")
    assert code == 0
    assert found["sales_minor"] == 120 * 8000, "what was paid is what counts"
    assert found["discount"]["only_on_discount"] == pytest.approx(0.25)
    assert found["discount"]["depth"] == pytest.approx(600 / 10_200)
