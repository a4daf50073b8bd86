"""Files as they come: the same table in every wrapping reads the same; what is no table says what it is."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.files.making import csv_text, gzipped, workbook, zipped

from siyu.sources.files import reading
from siyu.sources.files.faults import FileFault
from siyu.sources.files.reading import packing
from siyu.sources.files.values.plain import bare
from siyu.sources.files.words import Wish

HEADER = ["订单号", "商品名称", "数量", "付款时间"]
ROWS = [
    ["A001", "陶瓷杯，蓝色", "2", "2026-01-05 03:04:00"],
    ["A002", '带"引号"的\n两行名称', "1", "2026-01-06 00:00:00"],
    ["A003", "中文，逗号", "10", "2026-01-07 12:00:00"],
]
TABLE = [HEADER, *ROWS]


def _bytes(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _parquet(path: Path) -> Path:
    conn = duckdb.connect()
    conn.execute("create table t (a varchar, b varchar, c integer, d timestamp)")
    conn.executemany("insert into t values (?, ?, ?, ?)", ROWS)
    names = ", ".join(f'{old} as "{new}"' for old, new in zip("abcd", HEADER, strict=True))
    conn.execute(f"copy (select {names} from t) to '{path}' (format parquet)")
    conn.close()
    return path


def _gbk(p: Path) -> Path:
    return _bytes(p / "gbk.csv", csv_text(TABLE).encode("gb18030"))


TYPED = [HEADER, *[[a, b, int(c), datetime.fromisoformat(d)] for a, b, c, d in ROWS]]
UGLY: dict[str, Callable[[Path], Path]] = {
    "utf-8": lambda p: _bytes(p / "a.csv", csv_text(TABLE).encode()),
    "utf-8 with mark": lambda p: _bytes(p / "a.csv", csv_text(TABLE).encode("utf-8-sig")),
    "gbk": _gbk,
    "utf-16 le": lambda p: _bytes(p / "a.csv", csv_text(TABLE).encode("utf-16")),
    "utf-16 be": lambda p: _bytes(p / "a.csv", b"\xfe\xff" + csv_text(TABLE).encode("utf-16-be")),
    "semicolons": lambda p: _bytes(p / "a.csv", csv_text(TABLE, ";").encode()),
    "tabs": lambda p: _bytes(p / "a.tsv", csv_text(TABLE, "\t", "\n").encode()),
    "pipes": lambda p: _bytes(p / "a.txt", csv_text(TABLE, "|").encode()),
    "excel's sep line": lambda p: _bytes(p / "a.csv", ("sep=;\r\n" + csv_text(TABLE, ";")).encode("utf-8-sig")),
    "old mac line ends": lambda p: _bytes(p / "a.csv", csv_text(TABLE, newline="\r").encode()),
    "no line end at the end": lambda p: _bytes(p / "a.csv", csv_text(TABLE).rstrip().encode()),
    "title and blank rows above": lambda p: _bytes(p / "a.csv", ("订单导出 2026 年 1 月,,,\r\n,,,\r\n" + csv_text(TABLE)).encode()),
    "gz": lambda p: gzipped(p / "a.csv.gz", csv_text(TABLE).encode("gb18030")),
    "zip": lambda p: zipped(p / "a.zip", {"__MACOSX/._a.csv": b"x", "订单.csv": csv_text(TABLE).encode()}),
    "xlsx": lambda p: workbook(p / "a.xlsx", {"说明": [["请看下一页"]], "订单": TYPED}),
    "xlsx with rows above": lambda p: workbook(p / "a.xlsx", {"订单": [["订单导出"], [], *TYPED]}),
    "xlsx in zip": lambda p: zipped(p / "a.zip", {"a.xlsx": workbook(p / "x.xlsx", {"订单": TYPED}).read_bytes()}),
    "parquet": lambda p: _parquet(p / "a.parquet"),
    "parquet in gz": lambda p: gzipped(p / "a.parquet.gz", _parquet(p / "x.parquet").read_bytes()),
}


def _read(path: Path, wish: Wish | None = None) -> tuple[tuple[str, ...], list[list[str]]]:
    look = reading.look(path, wish)
    width = len(look.shape.columns)
    return look.shape.columns, [[bare(c) for c in row][:width] for rows in reading.rows(path, look.shape, size=2) for row in rows.cells]


@pytest.mark.parametrize("made", UGLY.values(), ids=UGLY.keys())
def test_the_same_table_in_every_wrapping(made: Callable[[Path], Path], tmp_path: Path) -> None:
    columns, rows = _read(made(tmp_path))
    assert list(columns) == HEADER
    assert [[r[0], r[1], r[2]] for r in rows if any(r)] == [[r[0], r[1].replace("\r\n", "\n"), r[2]] for r in ROWS]
    assert [datetime.fromisoformat(r[3]) for r in rows if any(r)] == [datetime.fromisoformat(r[3]) for r in ROWS]


def test_row_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"订单": [["订单导出"], [], *TYPED]})
    look = reading.look(path)
    assert look.shape.header_row == 3
    assert [(r.first_no, len(r.cells)) for r in reading.rows(path, look.shape, size=2)] == [(4, 2), (6, 1)]


def test_merged_cells_count_for_every_row_they_cover(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["订单号", "商品名称", "数量"], ["A1", "杯", 1], [None, "碟", 2], ["A2", "壶", 3], [None, "盖", 4]]
    path = workbook(tmp_path / "a.xlsx", {"订单": rows}, merged=["A2:A3"])
    _, read = _read(path)
    assert [r[0] for r in read] == ["A1", "A1", "A2", ""]


def test_a_person_may_choose_sheet_header_delimiter_and_encoding(tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.xlsx", {"一": TYPED, "二": [["x", "y"], ["sku", "数量"], ["s1", 1]]})
    assert _read(book, Wish(sheet="二", header_row=2)) == (("sku", "数量"), [["s1", "1"]])
    assert _read(book, Wish(sheet="二", header_row=0))[0] == ("#1", "#2")
    one = _bytes(tmp_path / "a.csv", b"caf\xe9;n\n1;2\n")
    assert _read(one, Wish(encoding="cp1252", delimiter=";"))[0] == ("café", "n")
    many = zipped(tmp_path / "a.zip", {"a.csv": b"a,b\n1,2\n", "b.csv": b"order,c\n3,4\n5,6\n"})
    assert reading.look(many).members == ("b.csv", "a.csv")
    assert _read(many, Wish(member="a.csv")) == (("a", "b"), [["1", "2"]])


def test_columns_without_a_name_or_with_one_twice_are_told_apart(tmp_path: Path) -> None:
    path = _bytes(tmp_path / "a.csv", "名称,数量,名称,\nx,1,y,z\n".encode())
    assert _read(path)[0] == ("名称", "数量", "名称 (2)")


def test_short_chinese_files_are_never_taken_for_korean(tmp_path: Path) -> None:
    for text in ("姓名\n王芳\n", "姓名,城市\n李娜,深圳\n", "商品\n茶\n"):
        look = reading.look(_bytes(tmp_path / "a.csv", text.encode("gbk")))
        assert (look.shape.encoding, "".join(look.shape.columns)) == ("gb18030", text.split("\n")[0].replace(",", ""))


def test_a_doubtful_encoding_is_said_not_hidden(tmp_path: Path) -> None:
    text = "nom;ville\n" + "Müller;Köln\nFrançois;Orléans\n" * 30
    path = _bytes(tmp_path / "a.csv", text.encode("cp1252"))
    try:
        look = reading.look(path)
    except FileFault as fault:
        assert fault.code == "encoding"
    else:
        assert "encoding_unlikely" in [n.code for n in look.notes]


def test_a_byte_of_another_encoding_far_below_is_found_before_anything_is_read(tmp_path: Path) -> None:
    text = b"a,b\n" + b"1,2\n" * 700_000 + "姓名,é".encode() + b"\xff\n"
    with pytest.raises(FileFault) as caught:
        reading.look(_bytes(tmp_path / "a.csv", text))
    assert (caught.value.code, caught.value.values["line"] > 1) == ("encoding", True)


def _ole(mark: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + mark.encode("utf-16-le") + b"\0" * 400


def _locked_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", "a,b\n1,2\n")
    data = bytearray(out.getvalue())
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


FAULTS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "only blanks": (b"\xef\xbb\xbf\r\n,,\r\n", "empty"),
    "only a header": ("订单号,数量\n".encode(), "no_rows"),
    "pdf": (b"%PDF-1.7\n", "wrong_type"),
    "picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "wrong_type"),
    "json": (b'[{"a": 1}]', "wrong_type"),
    "web page named xls": (b"<html><table><tr><td>a</td></tr></table>", "web_page"),
    "encrypted xlsx": (_ole("EncryptedPackage"), "password"),
    "locked zip": (_locked_zip(), "password"),
    "binary": (b"\x00\x01\x02\x03" * 500, "wrong_type"),
    "utf-16 without mark": ("订单号,数量\nA1,2\n,,,,,,,,,,,,,,,,,".encode("utf-16-le"), "utf16_without_mark"),
    "truncated gz": (
        gzip.compress(csv_text([["a", "b"]] + [[str(n), "x" * (n % 7)] for n in range(20_000)]).encode())[:-2000],
        "truncated",
    ),
    "broken gz": (gzip.compress(b"a,b")[:10] + b"\xff" * 50, "broken_zip"),
    "broken zip": (b"PK\x03\x04" + b"\0" * 200, "broken_zip"),
    "broken parquet": (b"PAR1" + b"\0" * 100, "broken_parquet"),
    "gz in gz": (gzip.compress(gzip.compress(b"a,b\n1,2\n")), "packed_twice"),
    "bomb": (gzip.compress(b"a,b\n" + b"1,2\n" * 4_500_000), "bomb"),
    "one endless line": (b"a,b\n" + b"x" * (9 << 20), "long_line"),
    "a quote never closed": (b'a,b\n1,"2\n' + b"3,4\n" * 60_000, "open_quote"),
}


@pytest.mark.parametrize(("data", "code"), FAULTS.values(), ids=FAULTS.keys())
def test_what_is_no_table_says_what_it_is(data: bytes, code: str, tmp_path: Path) -> None:
    path = _bytes(tmp_path / "a", data)
    with pytest.raises(FileFault) as caught:
        look = reading.look(path)
        for _ in reading.rows(path, look.shape):
            pass
    assert caught.value.code == code
    for lang in ("zh", "en"):
        what, remedy = caught.value.told(lang)
        assert what and remedy and "{" not in what + remedy and not what.startswith("sources.")


def test_a_workbook_bomb_is_measured_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "a.xlsx", {"x": [["a", "b"], *[["x" * 2000, 1]] * 500]})
    monkeypatch.setattr(packing, "MAX_WORKBOOK", 200_000)
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):  # claim that every member is tiny
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + offset : at + offset + 4] = (100).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    with pytest.raises(FileFault) as caught:
        reading.look(path)
    assert caught.value.code == "bomb"


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\ue000"), max_size=8), min_size=3, max_size=3),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
    st.sampled_from([",", "\t", ";"]),
)
@settings(max_examples=60, deadline=None)
def test_any_table_of_text_survives(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]], encoding: str, delimiter: str
) -> None:
    path = tmp_path_factory.mktemp("t") / "a.csv"
    path.write_bytes(csv_text([["订单号", "名称", "数量"], *table], delimiter).encode(encoding))
    look = reading.look(path, Wish(delimiter=delimiter, header_row=1, encoding=None if encoding.startswith("utf") else encoding))
    assert [list(r) for rows in reading.rows(path, look.shape) for r in rows.cells] == table
