import re
from collections.abc import Callable

from streamlit.testing.v1 import AppTest


def test_home_leads_to_the_pages_and_claims_no_numbers(open_page: Callable[..., AppTest]) -> None:
    app = open_page("app.py")
    assert not app.exception
    assert app.title[0].value.startswith("HEANet")
    links = [link.proto.page for link in app.get("page_link")]
    assert "Structure" in links
    text = " ".join(block.value for block in app.main.markdown)
    without_doi = re.sub(r"10\.\d+/\S+", "", text.replace("3D", ""))
    assert re.findall(r"\d+", without_doi) == []
