"""The user documentation: its pages and their order, what a page says, and how something is found in it."""
