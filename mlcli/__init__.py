"""See where every number of a neural network comes from."""

__version__ = "0.1.0"
