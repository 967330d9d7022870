"""Icons: the bundled SVGs in any colour, drawn as vectors or kept as pixmaps."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.settings import resource_folder

UNKNOWN = "puzzle"  # stands for an icon that isn't bundled, such as an add-on's


@lru_cache(maxsize=512)
def svg_source(name: str, colour: str) -> bytes:
    """The SVG file of an icon with its strokes in `colour` ("#rrggbb")."""
    path = resource_folder() / f"icons/lucide/{name}.svg"
    # An add-on names its icon itself: the name must not lead out of the folder.
    if not name.replace("-", "").isalnum() or not path.is_file():
        path = resource_folder() / f"icons/lucide/{UNKNOWN}.svg"
    return path.read_bytes().replace(b"currentColor", colour.encode())


@lru_cache(maxsize=512)
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(svg_source(name, colour)))


def paint_icon(painter: QPainter, name: str, colour: QColor, rect: QRectF) -> None:
    """Draws an icon into `rect` as vectors: sharp at every zoom and in SVG output."""
    _renderer(name, colour.name()).render(painter, rect)


@lru_cache(maxsize=1024)
def _pixmap(name: str, colour: str, size: int, dpr: float) -> QPixmap:
    image = QImage(QSize(round(size * dpr), round(size * dpr)), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    _renderer(name, colour).render(painter)
    painter.end()
    image.setDevicePixelRatio(dpr)
    return QPixmap.fromImage(image)


def pixmap(name: str, colour: QColor, size: int = 18, dpr: float = 1.0) -> QPixmap:
    """An icon of `size` logical pixels for a screen with this device pixel ratio."""
    return _pixmap(name, colour.name(), size, dpr)


def icon(name: str, colour: QColor, disabled: QColor | None = None, size: int = 18) -> QIcon:
    """An icon for buttons and actions, sharp up to a device pixel ratio of 3."""
    result = QIcon()
    for dpr in (1.0, 1.25, 1.5, 2.0, 3.0):
        result.addPixmap(pixmap(name, colour, size, dpr))
        if disabled is not None:
            result.addPixmap(pixmap(name, disabled, size, dpr), QIcon.Mode.Disabled)
    return result


def app_icon() -> QIcon:
    """The program's own icon."""
    renderer = QSvgRenderer(str(resource_folder() / "icons/baton.svg"))
    result = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        image = QImage(QSize(size, size), QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        result.addPixmap(QPixmap.fromImage(image))
    return result
