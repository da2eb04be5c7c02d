"""Fitting, checkpoints and evaluation."""
