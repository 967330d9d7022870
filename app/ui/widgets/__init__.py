"""Small painted controls that the style sheet alone can't draw."""
