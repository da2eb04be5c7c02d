"""Cost against size as a picture in a file, drawn without a browser."""

from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt

from benchmarks.results import Curve

_OURS, _THEIRS = "#0072b2", "#d55e00"  # of the palette of Okabe and Ito

# The same picture from the same numbers, whenever it is drawn.
_STYLE = {"svg.hashsalt": "heanet", "font.size": 10, "axes.spines.top": False,
          "axes.spines.right": False}  # fmt: skip


def draw(curve: Curve, title: str, path: Path) -> None:
    """Draw cost against size on logarithmic axes, ours and theirs."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
        axes.plot(curve.sizes, curve.ours, "o-", color=_OURS, label=curve.our_name)
        known = [
            (size, cost)
            for size, cost in zip(curve.sizes, curve.theirs, strict=False)
            if cost is not None
        ]
        if known:
            axes.plot(*zip(*known, strict=True), "s--", color=_THEIRS, label=curve.their_name)
        axes.set(xscale="log", yscale="log", xlabel=curve.size, ylabel=curve.cost, title=title)
        axes.set_xticks(curve.sizes, [f"{size:,.0f}" for size in curve.sizes], minor=False)
        axes.tick_params(axis="x", which="minor", labelbottom=False)
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})
        plt.close(figure)
