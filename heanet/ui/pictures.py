"""Figures saved for a paper, with a caption: PNG and SVG in the width of a column.

How: the figure is laid out in Python (``heanet.figures.paper``), and drawn once more by plotly.js
in the reader's browser, which writes the SVG; PNG is that SVG in pixels (picture.js). So nothing
has to be installed, no other program is started, and it works with no internet: the script is the
one that drew the chart on the page or, where Streamlit does not share it, the one that the Python
package plotly carries, served by the app itself from ``static/``.
"""

import hashlib
import shutil
from contextlib import suppress
from pathlib import Path

import plotly
import plotly.graph_objects as go
import streamlit as st

import heanet
from heanet.commit import code_commit
from heanet.figures.paper import DPI, LETTERS, WIDTHS, letter_size, paper_figure, pixels
from heanet.ui.language import _, together
from heanet.ui.page import ROOT, static_address
from heanet.ui.words import unformatted

LIBRARY = Path("static") / f"plotly-{plotly.__version__}.min.js"
_SOURCE = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_HERE = Path(__file__).parent
_HEIGHT = 400  # pixels, of a figure that names none
_CAPTION_LETTERS = 0.9 * LETTERS
_HTML = """
<div class="picture">
  <div class="buttons">
    <button class="png" disabled>PNG</button><button class="svg" disabled>SVG</button>
  </div>
  <img class="preview"><div class="message" role="status"></div>
</div>
"""
_component = st.components.v2.component(
    "heanet_picture",
    html=_HTML,
    css=(_HERE / "picture.css").read_text(encoding="utf-8"),
    js=(_HERE / "picture.js").read_text(encoding="utf-8"),
)


def show_saving(
    figure: go.Figure, *, name: str, about: str, least_width: int = 0, key: str = ""
) -> None:
    """A button that opens the choices of how the figure is saved; nothing is drawn before.

    Args:
        figure: The figure as on the page.
        name: Of the saved file, without its ending.
        about: What it shows and what it stands on, in sentences: the caption to begin with.
        least_width: Pixels below which its parts would cover each other; its letters get smaller
            instead.
        key: Of the button, where the name is not unique on the page.
    """
    popover = st.popover(
        _("Save figure"),
        icon=":material/download:",
        type="tertiary",
        key=f"save_{key or name}",
        on_change="rerun",
    )
    if not popover.open:
        return
    with popover:
        millimetres: int = st.segmented_control(
            _("Width"),
            WIDTHS,
            default=WIDTHS[0],
            required=True,
            format_func=lambda mm: f"{mm / 10:g} cm",
            key=f"save_width_{key or name}",
            help=_("One column and two columns of a journal."),
        )
        beginning = caption(about)
        digest = hashlib.sha256(beginning.encode()).hexdigest()[:8]
        words = st.text_area(
            _("Caption, set below the figure"),
            beginning,
            key=f"save_caption_{key or name}_{digest}",
            height=130,
        )
        width = max(pixels(millimetres), least_width)
        st.caption(
            _("Letters of {points} points. PNG with {dpi} dots per inch.").format(
                points=f"{letter_size(millimetres, width=width):.0f}", dpi=DPI
            )
        )
        _show_picture(figure, words, name=name, millimetres=millimetres, width=width)


def caption(about: str) -> str:
    """What a figure shows and stands on, and which state of the program drew it."""
    commit = code_commit()
    made = _("HEANet {version}, commit {commit}.") if commit else _("HEANet {version}.")
    about = unformatted(about)
    return together([about, made.format(version=heanet.__version__, commit=commit)])


def script_address() -> str:
    """Where the browser finds plotly.js, which is put beside the 3D viewer's script if need be."""
    target = ROOT / LIBRARY
    if not target.exists():
        with suppress(OSError):  # a read-only place: the browser's failure says what to do
            target.parent.mkdir(exist_ok=True)
            part = target.with_suffix(".part")
            shutil.copyfile(_SOURCE, part)
            part.replace(target)
    return static_address(LIBRARY)


def _show_picture(
    figure: go.Figure, words: str, *, name: str, millimetres: int, width: int
) -> None:
    _component(
        key=f"picture_{name}",
        data={
            "script": script_address(),
            "figure": paper_figure(figure).to_json(),
            "width": width,
            "height": int(figure.layout.height or _HEIGHT),
            "millimetres": millimetres,
            "dpi": DPI,
            "letters": _CAPTION_LETTERS,
            "caption": " ".join(words.split()),
            "name": f"heanet-{name}",
            "words": {
                "drawing": _("Drawing the figure …"),
                "failed": _(
                    "The figure could not be drawn: the script of plotly did not arrive. The app "
                    "needs the right to write into its folder “static”."
                ),
            },
        },
    )
