"""The library: every step that can be placed, found by its words and dragged onto the canvas."""
