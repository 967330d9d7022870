"""Nodes that decide which way a value takes."""
