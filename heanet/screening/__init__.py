"""Predictions for whole grids of compositions, without a cell, in chunks that outlive a kill."""
