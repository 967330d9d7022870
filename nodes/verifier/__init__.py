"""Nodes that check a result and say why it passes or fails."""
