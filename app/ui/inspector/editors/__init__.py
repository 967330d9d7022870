"""Editors: one kind of field a file, and the table that says which kind gets which."""
