"""The language in a real browser: what it speaks, what the address keeps, what history brings."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser

from tests.browser.browser_tab import Tab

OpenTab = Callable[..., Tab]


@pytest.fixture
def chinese(browser: Browser, app_url: str) -> Iterator[Tab]:
    """A tab of a browser that speaks Chinese."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1400, "height": 900})
    context.set_default_timeout(90_000)  # the app may not have shown a page before
    yield Tab(context.new_page(), app_url)
    context.close()


def query(tab: Tab) -> dict[str, list[str]]:
    return parse_qs(urlsplit(tab.page.url).query)


def heading(tab: Tab, text: str) -> None:
    tab.page.get_by_role("heading", level=1, name=text, exact=True).wait_for()
    tab.settle()


def switch(tab: Tab, name: str) -> None:
    tab.page.get_by_test_id("stSidebar").get_by_text(name, exact=True).click()


def wait_for_pressed(tab: Tab, name: str) -> None:
    """Waits until a button of the page is pressed; the sidebar's are left out."""
    main = tab.page.get_by_test_id("stMain")
    main.locator("[aria-checked=true]", has_text=name).first.wait_for()


def test_a_chinese_browser_gets_chinese_and_keeps_what_is_chosen(chinese: Tab) -> None:
    chinese.open("/Compare")
    heading(chinese, "比较")
    assert query(chinese) == {"lang": ["zh"]}
    assert chinese.page.title() == "比较 · HEANet"
    chinese.page.wait_for_function("document.documentElement.lang === 'zh-Hans'")
    menu = chinese.page.get_by_test_id("stSidebar").get_by_test_id("stPageLink")
    menu.nth(2).wait_for()
    names = [text.splitlines()[-1] for text in menu.all_inner_texts()]  # below their symbols
    assert names[:3] == ["主页", "结构", "预测"]
    chinese.page.get_by_text("热图", exact=True).click()
    chinese.page.wait_for_url("**view=*")
    switch(chinese, "English")
    heading(chinese, "Compare")
    chinese.page.wait_for_url("**view=Heat+map*")
    assert query(chinese) == {"lang": ["en"], "view": ["Heat map"]}
    chinese.page.reload()
    heading(chinese, "Compare")
    wait_for_pressed(chinese, "Heat map")
    chinese.page.get_by_test_id("stSidebar").get_by_role("link", name="Structure").click()
    heading(chinese, "Structure")
    assert query(chinese) == {"lang": ["en"]}
    assert chinese.page.evaluate("document.documentElement.lang") == "en"


def test_an_address_in_english_is_shown_in_chinese_with_all_its_choices(chinese: Tab) -> None:
    chinese.open("/Compare?view=Heat+map&models=HEANet&models=Gaussian+process&baseline=HEANet")
    heading(chinese, "比较")
    chinese.page.wait_for_url(re.compile(quote("高斯过程")))
    assert query(chinese) == {
        "lang": ["zh"],
        "view": ["热图"],
        "models": ["HEANet", "高斯过程"],
        "baseline": ["HEANet"],
    }
    wait_for_pressed(chinese, "热图")


def test_the_way_back_brings_the_language_of_then(open_tab: OpenTab) -> None:
    tab = open_tab()
    tab.open("/Structure?lang=zh")
    heading(tab, "结构")
    switch(tab, "English")
    heading(tab, "Structure")
    tab.page.go_back()
    heading(tab, "结构")
    assert query(tab) == {"lang": ["zh"]}


def test_an_english_browser_has_nothing_in_its_address(open_tab: OpenTab) -> None:
    tab = open_tab()
    tab.open("/Structure")
    heading(tab, "Structure")
    assert query(tab) == {}
    tab.page.get_by_text("20MB per file").wait_for()


@pytest.mark.parametrize("width", [1400, 390])
def test_nothing_is_wider_than_the_page_in_chinese(open_tab: OpenTab, width: int) -> None:
    tab = open_tab(width=width)
    for page in ("/", "/Structure", "/Predict", "/Compare", "/Train"):
        tab.open(f"{page}?lang=zh")
        wide = tab.page.get_by_test_id("stMain").evaluate("(it) => it.scrollWidth - it.clientWidth")
        assert wide <= 0, page


def test_the_uploader_speaks_chinese(open_tab: OpenTab) -> None:
    tab = open_tab()
    tab.open("/Structure?lang=zh")
    button = tab.page.get_by_test_id("stFileUploaderDropzone").locator("button p")
    shown = button.evaluate("(it) => getComputedStyle(it, '::after').content")
    assert shown == '"上传文件"'
    assert button.evaluate("(it) => getComputedStyle(it).fontSize") == "0px"
    assert not tab.page.get_by_text("20MB per file").is_visible()
