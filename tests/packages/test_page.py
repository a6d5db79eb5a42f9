"""The code on the page about a repository of one's own is that of the example, which is tested."""

import re

import pytest

from tests.conftest import ROOT
from tests.each import each

PAGE = (ROOT / "docs" / "your-repository.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(?:python|yaml)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
ENGINE = next(block for block in BLOCKS if block.startswith("import eventpipes"))
EXAMPLE = [
    path.read_text(encoding="utf-8")
    for path in (ROOT / "examples" / "shop").rglob("*")
    if path.suffix in {".py", ".yml"}
]


@each(block=[block for block in BLOCKS if block != ENGINE])
def test_code_of_the_page_is_in_the_example(block: str) -> None:
    assert any(block in text for text in EXAMPLE)


def test_the_engines_code_prints_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    exec(ENGINE, {})  # noqa: S102 - our own page
    assert capsys.readouterr().out == "True\n"
    readme = (ROOT / "packages" / "eventpipes" / "README.md").read_text(encoding="utf-8")
    assert ENGINE in readme
