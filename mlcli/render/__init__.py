"""How a lesson is drawn: one file a format."""
