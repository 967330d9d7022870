"""Replays in the window: what one costs, how far it is, what it found."""
