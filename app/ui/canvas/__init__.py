"""The canvas: draws the workflow and turns gestures into intents; it never changes the document."""
