"""Every form test begins in English and dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app import texts
from app.ui.appearance import appearance


@pytest.fixture(autouse=True)
def _look(qapp: object) -> Iterator[None]:
    del qapp  # it only has to be there
    appearance().set_mode("dark")
    appearance().set_language("en")
    yield
    texts.set_language("en")
