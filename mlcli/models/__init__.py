"""The torch form of what core computes: fast enough to train."""
