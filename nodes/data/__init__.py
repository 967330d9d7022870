"""Nodes that read, write and reshape data."""
