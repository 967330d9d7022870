"""Names of the output ports that a node has one of for each label or value."""

from __future__ import annotations

import re
from collections.abc import Sequence

_BETWEEN = re.compile(r"\W+")


def route_names(labels: Sequence[str]) -> tuple[str, ...]:
    """One port name a label, in order: made from its letters and digits, numbered where two would be the same.

    A name stays as it is when labels are added behind it or moved about.
    """
    names: list[str] = []
    for label in labels:
        name = "is_" + (_BETWEEN.sub("_", label.casefold()).strip("_") or "blank")
        same = sum(other == name or other.startswith(f"{name}__") for other in names)
        names.append(f"{name}__{same + 1}" if same else name)
    return tuple(names)
