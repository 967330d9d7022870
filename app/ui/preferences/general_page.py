"""General: language, theme, size of everything, motion, and how often work is put in safety."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.document.workflow import Json
from app.sdk.fields import ChoiceField, NumberField, ToggleField
from app.ui.inspector.own_specs import options, own
from app.ui.preferences.form_page import FormPage

_SYSTEM = "system"
_SCALES = {"100": 1.0, "125": 1.25, "150": 1.5, "175": 1.75, "200": 2.0}
_MOTION: Mapping[str, bool | None] = {_SYSTEM: None, "still": True, "moving": False}


class GeneralPage(FormPage):
    name = "general"
    icon = "settings"
    specs = (
        own("language", ChoiceField(label="Language", options=options(_SYSTEM, "en", "zh-CN")), str, _SYSTEM),
        own("theme", ChoiceField(label="Look", options=options(_SYSTEM, "dark", "light")), str, _SYSTEM),
        own("scale", ChoiceField(label="Size", options=options(*_SCALES)), str, "100"),
        own("motion", ChoiceField(label="Motion", options=options(*_MOTION)), str, _SYSTEM),
        own("autosave", NumberField(label="Safety copy", minimum=1, maximum=600, unit="seconds"), float, 5.0),
        own("watch_versions", ToggleField(label="Tell of new versions"), bool, True),
    )

    def shown(self) -> Mapping[str, Json]:
        now = self.kept.now
        scale = next(
            (name for name, value in _SCALES.items() if value == now.scale), f"{now.scale * 100:.0f}"
        )
        motion = next(name for name, value in _MOTION.items() if value is now.reduced_motion)
        return {
            "language": now.language or _SYSTEM,
            "theme": now.theme or _SYSTEM,
            "scale": scale,
            "motion": motion,
            "autosave": now.autosave_seconds,
            "watch_versions": now.watch_versions,
        }

    def chosen(self, name: str, value: Json) -> Mapping[str, Any]:
        if name == "scale":
            return {"scale": _SCALES[str(value)]}
        if name == "motion":
            return {"reduced_motion": _MOTION[str(value)]}
        if name == "autosave":
            return {"autosave_seconds": value}
        return {name: "" if value == _SYSTEM else value}
