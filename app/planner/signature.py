"""The signature of a step: what it is, for the key of its cached results and to see that it changed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from app.sdk.spec import NodeSpec

SEMANTICS = 1  # grows when the same step would mean something else


def signature_of(spec: NodeSpec, fields: Any) -> str:
    """A digest of the type, its version and its (decoded) settings without cosmetics; not of id, title or place."""
    cosmetic = {field.name for field in spec.fields if field.field.cosmetic}
    kept = {name: value for name, value in spec.encode(fields).items() if name not in cosmetic}
    said = [SEMANTICS, spec.id, spec.type.version, kept]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
