"""Named data sets: embedded ones, and those fetched once, checked and cached."""
