"""Digests don't depend on how a value happens to be written down."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.executor.digests import ListDigest, digest_of
from app.sdk.data_types import Value

_VALUES: st.SearchStrategy[Value] = st.one_of(
    st.text(), st.integers(), st.none(), st.lists(st.text()), st.dictionaries(st.text(), st.text())
)


@given(st.lists(_VALUES))
def test_a_list_s_digest_adds_up_those_of_its_numbered_elements(values: list[Value]) -> None:
    digest = ListDigest()
    for number, value in reversed(list(enumerate(values))):
        digest.add(number, value)
    whole = sum(int(digest_of([number, value]), 16) for number, value in enumerate(values))
    assert digest.value == f"{whole % (1 << 256):064x}"
