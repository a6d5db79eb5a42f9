"""The page's files: small, from here alone, and without markup made of values."""

from weather.web import STATIC


def text_of(name: str) -> str:
    """Return one of the page's files."""
    return (STATIC / name).read_text(encoding="utf-8")


def test_the_page_is_small_and_names_no_other_site() -> None:
    files = [path for path in STATIC.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"index.html", "app.js", "style.css"}
    assert sum(path.stat().st_size for path in files) < 60_000
    for path in files:
        assert "://" not in path.read_text(encoding="utf-8")


def test_the_page_has_no_script_or_style_of_its_own_in_the_markup() -> None:
    """The policy would not let it run."""
    html = text_of("index.html")
    assert html.count("<script") == html.count('<script src="app.js" defer></script>') == 1
    for forbidden in ("<style", " style=", " onclick", " onload", " onerror", "javascript:"):
        assert forbidden not in html


def test_the_script_makes_no_markup_of_a_value() -> None:
    script = text_of("app.js")
    for forbidden in (
        *("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("),
        *("new Function", "setHTMLUnsafe", "createContextualFragment", "DOMParser", "srcdoc"),
    ):
        assert forbidden not in script
