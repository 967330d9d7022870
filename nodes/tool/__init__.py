"""Nodes that reach into the outside world."""
