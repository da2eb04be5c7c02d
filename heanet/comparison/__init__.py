"""The comparison of models, splits and task groups: planned, run, tabulated, reported."""
