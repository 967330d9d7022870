"""Gestures on the canvas, one a file."""
