"""Fitting a model: the loop, its measures, its runs."""
