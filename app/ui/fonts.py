"""Fonts: the bundled family, its fallbacks, and the text styles of the window."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from PySide6.QtGui import QFont, QFontDatabase, QFontMetricsF

from app.settings import resource_folder

# Chinese after Inter: the first that is installed serves (Linux, Debian's name, Windows, macOS).
FAMILIES = ("Inter", "Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei UI", "PingFang SC")
CHINESE_FLOOR = 12  # px; smaller Chinese characters can't be read


@dataclass(frozen=True, slots=True)
class TextStyle:
    """Size in logical pixels, weight, and whether digits stand in columns."""

    px: int
    weight: QFont.Weight = QFont.Weight.Normal
    tabular: bool = False


TITLE = TextStyle(15, QFont.Weight.DemiBold)
HEADING = TextStyle(14, QFont.Weight.DemiBold)
STRONG = TextStyle(13, QFont.Weight.DemiBold)
BODY = TextStyle(13)
BODY_MEDIUM = TextStyle(13, QFont.Weight.Medium)
LABEL = TextStyle(12, QFont.Weight.Medium)
LABEL_STRONG = TextStyle(12, QFont.Weight.DemiBold)
SMALL = TextStyle(11)
SMALL_MEDIUM = TextStyle(11, QFont.Weight.Medium)
CHIP = TextStyle(11, QFont.Weight.Medium, tabular=True)
CHIP_STRONG = TextStyle(11, QFont.Weight.DemiBold, tabular=True)
MICRO = TextStyle(10, QFont.Weight.Medium)


@cache
def load_fonts() -> None:
    """Makes the bundled fonts known to Qt, once a process. Needs a QGuiApplication."""
    for weight in ("Regular", "Medium", "SemiBold"):
        QFontDatabase.addApplicationFont(str(resource_folder() / f"fonts/Inter-{weight}.ttf"))


def size_in(px: int, language: str) -> int:
    """The size in pixels that a text of this language gets: Chinese has a floor."""
    return max(px, CHINESE_FLOOR) if language.startswith("zh") else px


@lru_cache(maxsize=128)
def font(style: TextStyle, language: str = "en") -> QFont:
    """The font of a style. Shared: copy it before changing it."""
    load_fonts()
    result = QFont()
    result.setFamilies(FAMILIES)
    result.setPixelSize(size_in(style.px, language))
    result.setWeight(style.weight)
    # Hinting to whole pixels would make text jump while the canvas zooms.
    result.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    if style.tabular:
        result.setFeature(QFont.Tag("tnum"), 1)
    return result


@lru_cache(maxsize=128)
def metrics(style: TextStyle, language: str = "en") -> QFontMetricsF:
    """The metrics of a style's font, in logical pixels."""
    return QFontMetricsF(font(style, language))
