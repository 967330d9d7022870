"""Views: one value as text, as a table, as JSON, or as a person would read it."""
