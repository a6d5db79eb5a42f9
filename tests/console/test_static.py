"""The page's files: from here alone, without markup made of values, and small."""

from typing import Final

from console.web import STATIC

MOST_BYTES: Final = 106_935
FILES: Final = sorted(path for path in STATIC.rglob("*") if path.is_file())
MARKUP: Final = (
    *("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "unsafe"),
    *("new Function", "setHTMLUnsafe", "createContextualFragment", "DOMParser", "srcdoc"),
)


def test_the_files_are_small_and_name_no_other_site() -> None:
    assert {"index.html", "app.js", "style.css"} <= {path.name for path in FILES}
    assert sum(path.stat().st_size for path in FILES) <= MOST_BYTES
    for path in FILES:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "://" not in text, path


def test_the_markup_has_no_script_or_style_of_its_own() -> None:
    """The policy would not let it run."""
    html = (STATIC / "index.html").read_text(encoding="utf-8")
    assert html.count("<script") == html.count('<script type="module" src="app.js"></script>') == 1
    for forbidden in ("<style", " style=", " onclick", " onload", " onerror", "javascript:"):
        assert forbidden not in html


def test_no_script_makes_markup_of_a_value() -> None:
    for path in FILES:
        found = [word for word in MARKUP if word in path.read_text(encoding="utf-8")]
        assert found == [], path
