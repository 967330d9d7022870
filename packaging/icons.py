"""The program's icon in the forms that each system wants, drawn from resources/icons/baton.svg."""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

ROOT = Path(__file__).resolve().parent.parent
LOGO = ROOT / "resources" / "icons" / "baton.svg"
SIDE = "installer.bmp"  # beside the last page of Windows' installer
SIDE_PIXELS = (328, 628)  # twice what the page has at 100 %
SIDE_COLOUR = "#1b1838"
ON_LINUX = (16, 24, 32, 48, 64, 128, 256, 512)
ON_WINDOWS = (16, 20, 24, 32, 40, 48, 64, 256)
# Apple's four letters for each size in pixels; those for two pixels a point come second.
ON_MACOS = {
    16: ("icp4",),
    32: ("icp5", "ic11"),
    64: ("ic12",),
    128: ("ic07",),
    256: ("ic08", "ic13"),
    512: ("ic09", "ic14"),
    1024: ("ic10",),
}


def main(folder: str) -> int:
    """Write baton.ico, baton.icns, the PNGs of Linux's icon theme and the installer's picture into a folder."""
    place = Path(folder)
    drawn = draw({*ON_LINUX, *ON_WINDOWS, *ON_MACOS})
    (place / "hicolor").mkdir(parents=True, exist_ok=True)
    (place / "baton.ico").write_bytes(ico({size: drawn[size] for size in ON_WINDOWS}))
    (place / "baton.icns").write_bytes(icns({size: drawn[size] for size in ON_MACOS}))
    for size in ON_LINUX:
        (place / "hicolor" / f"{size}.png").write_bytes(drawn[size])
    (place / SIDE).write_bytes(side())
    return 0


def draw(sizes: Iterable[int]) -> dict[int, bytes]:
    """The logo as a PNG for each size in pixels."""
    from PySide6.QtGui import QImage

    drawn: dict[int, bytes] = {}
    for size in sizes:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(0)
        drawn[size] = _with_logo(image, size, "PNG")
    return drawn


def side() -> bytes:
    """The logo on a plain ground, as a bitmap without transparency: NSIS knows no other."""
    from PySide6.QtGui import QColor, QImage

    image = QImage(*SIDE_PIXELS, QImage.Format.Format_RGB888)
    image.fill(QColor(SIDE_COLOUR))
    return _with_logo(image, SIDE_PIXELS[0] // 2, "BMP")


def _with_logo(image: QImage, size: int, form: str) -> bytes:
    """The logo in the middle of a picture."""
    from PySide6.QtCore import QBuffer, QIODevice, QRectF
    from PySide6.QtGui import QPainter
    from PySide6.QtSvg import QSvgRenderer

    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    place = QRectF((image.width() - size) / 2, (image.height() - size) / 2, size, size)
    QSvgRenderer(str(LOGO)).render(painter, place)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, form)
    return bytes(buffer.data().data())


def ico(drawn: dict[int, bytes]) -> bytes:
    """Windows' container: a list of sizes and places, then the pictures; 256 is written as 0."""
    head = struct.pack("<HHH", 0, 1, len(drawn))
    place = len(head) + 16 * len(drawn)
    entries = b""
    for size, picture in sorted(drawn.items()):
        entries += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(picture), place)
        place += len(picture)
    return head + entries + b"".join(picture for _, picture in sorted(drawn.items()))


def icns(drawn: dict[int, bytes]) -> bytes:
    """Apple's container: four letters, a length and a picture each."""
    pictures = b"".join(
        kind.encode() + struct.pack(">I", 8 + len(picture)) + picture
        for size, picture in sorted(drawn.items())
        for kind in ON_MACOS[size]
    )
    return b"icns" + struct.pack(">I", 8 + len(pictures)) + pictures


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
