"""The only thing that a node file imports."""
