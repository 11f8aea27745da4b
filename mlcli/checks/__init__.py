"""The same answer from an independent library, and how far ours is from it."""
