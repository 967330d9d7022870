"""NodeItem: one node in the scene; paints a kept picture of its card and knows where its ports are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.ui.canvas.anatomy import MARGIN, Anatomy
from app.ui.canvas.card import Card
from app.ui.canvas.card_cache import scale_for
from app.ui.canvas.card_facts import kind_of, preset_of
from app.ui.canvas.placed import Placed

if TYPE_CHECKING:
    from app.ui.canvas.item_scene import ItemScene

Z_NODE = 3.0
Z_DRAGGED = 4.0


class NodeItem(QGraphicsItem):
    """Has no children and no state of its own: the scene tells it what it shows."""

    def __init__(self, owner: ItemScene, placed: Placed) -> None:
        super().__init__()
        self._owner = owner
        self.placed = placed
        self.has_preview = False
        self.anatomy: Anatomy = placed.anatomy(preview=False)
        self._height = self.anatomy.height
        self._card: Card | None = None
        self._kind: str | None = None
        self.setZValue(Z_NODE)

    @property
    def id(self) -> str:
        return self.placed.node.id

    @property
    def card(self) -> Card:
        """The card as it looks now; put together when somebody looks."""
        if self._card is None:
            self._card = self._owner.describe(self.placed)
        return self._card

    @property
    def kind(self) -> str:
        """The name of the kind's colour, known without putting the whole card together."""
        if self._kind is None:
            self._kind = kind_of(self.placed, preset_of(self.placed))
        return self._kind

    @property
    def area(self) -> QRectF:
        """The card's rectangle in the scene."""
        return QRectF(self.pos(), QSizeF(self.anatomy.width, self._height))

    @property
    def flap(self) -> QRectF:
        """The flap with the quiet ports, in the scene; null where there is none."""
        return self.anatomy.flap.translated(self.pos())

    def show_placed(self, placed: Placed) -> None:
        """Other settings, ports or width."""
        self.placed = placed
        self._kind = None
        self._reshape()

    def show_preview(self, has_preview: bool) -> None:
        """Makes or takes back the room for the result line."""
        if has_preview != self.has_preview:
            self.has_preview = has_preview
            self._reshape()
        self.forget_card()

    def forget_card(self) -> None:
        """What the card shows has changed."""
        self._card = None
        self.update()

    def _reshape(self) -> None:
        anatomy = self.placed.anatomy(preview=self.has_preview)
        if anatomy != self.anatomy:
            self.prepareGeometryChange()
            self.anatomy, self._height = anatomy, anatomy.height
        self.forget_card()

    def input_point(self, port: str) -> QPointF:
        """An input's centre in the scene; the card's left middle where there is none of this name."""
        point = self.anatomy.input_point(port)
        return self.pos() + (point if point is not None else QPointF(0, self.anatomy.height / 2))

    def output_point(self, port: str) -> QPointF:
        """An output's centre in the scene; the card's right middle where there is none of this name."""
        point = self.anatomy.output_point(port)
        return self.pos() + (
            point if point is not None else QPointF(self.anatomy.width, self.anatomy.height / 2)
        )

    def boundingRect(self) -> QRectF:
        return QRectF(-MARGIN, -MARGIN, self.anatomy.width + 2 * MARGIN, self._height + 2 * MARGIN)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        owner = self._owner
        transform = painter.worldTransform()
        zoom = transform.m11()
        dpr = painter.device().devicePixelRatioF()
        scale = scale_for(zoom, owner.settled_zoom)
        picture = owner.cards.pixmap(self.id, self.card, owner.look, zoom, scale, dpr)
        if not math.isclose(scale, zoom, rel_tol=1e-6):
            target = QRectF(
                -MARGIN, -MARGIN, picture.width() / (scale * dpr), picture.height() / (scale * dpr)
            )
            painter.drawPixmap(target, picture, QRectF(picture.rect()))
            return
        # At the scale it was painted for, a picture goes to whole pixels: sharp, and a plain copy.
        corner = transform.map(QPointF(-MARGIN, -MARGIN))
        painter.resetTransform()
        picture.setDevicePixelRatio(dpr)
        painter.drawPixmap(QPointF(round(corner.x() * dpr) / dpr, round(corner.y() * dpr) / dpr), picture)
        painter.setWorldTransform(transform)
