"""What every page starts with: title, language, sidebar.

A page opened by its address runs without app.py, so each page sets itself up by one call.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import streamlit as st

from heanet.figures import palette
from heanet.ui import account, language, sessions, store
from heanet.ui.language import _, plural

ROOT = Path(__file__).resolve().parents[2]
NAME = "HEANet"
ICON = Path(__file__).parent / "icon.svg"
SIDEBAR_WIDTH = 230  # pixels; hidden at first on small screens
# Streamlit's own inks of charts and primary buttons are too faint on some grounds (WCAG 2.2, AA).
# It writes the default ink of charts, and no other, as this.
_CHART_INK = "rgb(128, 132, 149)"
_INKS = f"""
<style>
[data-testid="stCaptionContainer"] {{ opacity: {palette.CAPTION_OPACITY}; }}
.js-plotly-plot text[style*="fill: {_CHART_INK}"] {{
  fill: {palette.CHART_INK["light"]} !important;
}}
[data-testid="stBaseButton-primary"], [data-testid="stBaseButton-primary"] *,
[data-testid="stMultiSelectTagsContainer"] > span * {{
  color: light-dark({palette.ON_PRIMARY["light"]}, {palette.ON_PRIMARY["dark"]});
}}
</style>
"""
# Less empty space above and beside the content than Streamlit leaves.
_STYLE = """
<style>
.stMainBlockContainer { padding: 2.25rem clamp(1rem, 3vw, 3.5rem) 4rem; max-width: 110rem; }
.st-key-ahead { display: none; }
/* Tiles of numbers stay side by side on a phone. */
.st-key-tiles .stHorizontalBlock, .st-key-lengths .stHorizontalBlock { flex-wrap: nowrap; }
.st-key-tiles .stColumn, .st-key-lengths .stColumn { min-width: 0; }
[class*="st-key-save_"] { margin-top: -0.75rem; }
/* A lesson is one screen: there the button stands in the row of the axis title. */
@media (min-width: 641px) {
  .stMain:has(.st-key-lessons) [class*="st-key-save_"] {
    margin-top: -2.75rem; align-self: flex-end; width: auto;
  }
}
/* Figures of many parts keep their width on a phone. */
.st-key-wide { overflow-x: auto; }
.st-key-wide > .stElementContainer { min-width: 54rem; }
.stSidebar [data-testid="stSidebarHeader"] { height: 2.5rem; }
/* Places of what is still to come pulse, and are painted again and again for it. */
@media (prefers-reduced-motion: reduce) {
  [data-testid="stSkeleton"] { animation: none !important; }
}
/* Buttons above a page's title stay clear of the bar that a phone has there. */
@media (max-width: 640px) { .st-key-lessons { padding-top: 1.25rem; } }
</style>
"""
# Words of Streamlit's own that are always seen, in other languages. The uploader's limit stands
# above it in ours; italics are none of Chinese.
_STYLE_OF_OTHERS = """
<style>
[data-testid="stFileUploaderDropzone"] button p {{ font-size: 0; }}
[data-testid="stFileUploaderDropzone"] button p::after {{ content: "{upload}"; font-size: 1rem; }}
[data-testid="stFileUploaderDropzoneInstructions"] {{ display: none; }}
.stMarkdown em {{ font-style: normal; }}
</style>
"""
# What the page is written in: for the choice of fonts, and for those who hear it. And the browser
# tab's icon: given to Streamlit, it loads numpy and Pillow for it before the first page is drawn.
_HEAD = """
<script>
document.documentElement.lang = "{tag}";
document.querySelector("link[rel~=icon]").href = "data:image/svg+xml,{icon}";
</script>
"""


@dataclass(frozen=True)
class Page:
    """A page as the sidebar and the home page offer it.

    Attributes:
        path: From the project root.
        icon: Material symbol.
        label: Its name in the session's language.
        summary: What one does there, in one sentence.
    """

    path: str
    icon: str
    label: str
    summary: str


def pages() -> list[Page]:
    """The pages that exist, in the order of work; labels in the session's language."""
    known = [
        Page(
            "pages/1_Structure.py",
            ":material/deployed_code:",
            _("Structure"),
            _("Open alloy cells, turn them in 3D, and read composition, symmetry and distances."),
        ),
        Page(
            "pages/2_Predict.py",
            ":material/query_stats:",
            _("Predict"),
            _("Get six properties of your cells with error bars, and see what they rest on."),
        ),
        Page(
            "pages/3_Compare.py",
            ":material/leaderboard:",
            _("Compare"),
            _("See which model errs how much on which cells, and look into every single error."),
        ),
        Page(
            "pages/4_Train.py",
            ":material/model_training:",
            _("Train"),
            _("Launch trainings of your own, watch them learn, and keep what they have learnt."),
        ),
        Page(
            "pages/5_Learn.py",
            ":material/school:",
            _("Learn"),
            _("Six short lessons, from the entropy of mixing to what a test error stands for."),
        ),
    ]
    return [page for page in known if (ROOT / page.path).exists()]


def static_address(file: Path) -> str:
    """Address of a file that the app serves itself.

    Args:
        file: From the project root: in ``static/``.
    """
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{'/' + base if base else ''}/app/{file.as_posix()}"


def set_up_page(title: str) -> None:
    """Sets the browser tab, the width and the sidebar; the first call of every page.

    Who has to sign in, and a session beyond as many as may be at work, gets no further.

    Args:
        title: The page's name in the session's language; empty on the home page.
    """
    st.set_page_config(
        page_title=f"{title} · {NAME}" if title else NAME,
        layout="wide",
        initial_sidebar_state=SIDEBAR_WIDTH,
    )
    language.settle()
    _set_style()
    account.ask_sign_in()
    sessions.ask_place()
    _sidebar()


def _set_style() -> None:
    spoken = language.current()
    other = "" if spoken == language.DEFAULT else _STYLE_OF_OTHERS.format(upload=_("Upload"))
    st.html(_STYLE + _INKS + other)
    icon = quote(ICON.read_text(encoding="utf-8"))
    st.html(_HEAD.format(tag=language.TAGS[spoken], icon=icon), unsafe_allow_javascript=True)


def _sidebar() -> None:
    with st.sidebar:
        st.markdown(f"### :material/hexagon: {NAME}")
        st.page_link(
            "app.py",
            label=_("Home"),
            icon=":material/home:",
            query_params=language.in_address(),
        )
        for page in pages():
            st.page_link(
                page.path,
                label=page.label,
                icon=page.icon,
                query_params=language.in_address(),
            )
        st.divider()
        count = len(store.cells())
        st.caption(plural("{n} cell open", "{n} cells open", count) if count else _("No cell open"))
        language.show_switch()
        account.show_account()
        st.caption(_("Everything runs on this machine. Nothing you open is sent anywhere."))
