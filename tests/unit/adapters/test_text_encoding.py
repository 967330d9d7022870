from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.text_encoding import encoding_of

CHINESE = "客户名称,金额,备注\n上海科技有限公司,1234.50,已付款。\n北京贸易公司,99,请尽快处理\n"
WESTERN = "Größe;Über;naïve;café\nFaçade;Müller;Señor;Ærø\n"


@pytest.mark.parametrize(
    ("text", "written_as", "found"),
    [
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "utf-8-sig", "utf-8-sig"),
        (CHINESE, "utf-16", "utf-16"),
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "gbk", "gb18030"),
        ("name,城市\nBob Smith with a long English line,西安\n", "gbk", "gb18030"),
        (WESTERN, "utf-8", "utf-8"),
        (WESTERN, "cp1252", "cp1252"),
        ("only ascii", "ascii", "utf-8"),
        ("", "ascii", "utf-8"),
    ],
)
def test_the_encoding_is_found(text: str, written_as: str, found: str) -> None:
    assert encoding_of(text.encode(written_as)) == found
    assert text.encode(written_as).decode(found) == text


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"PK\x03\x04\0\0", bytes(range(1, 32)) * 20]
)
def test_what_is_no_text_is_said(data: bytes) -> None:
    assert encoding_of(data) is None


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])), st.integers(0, 3))
def test_a_sample_may_end_within_a_character(text: str, cut: int) -> None:
    data = text.encode()
    sample = data[: len(data) - cut]
    if not sample.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        assert encoding_of(sample, whole=False) == "utf-8"
