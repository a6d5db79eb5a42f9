"""The configuration of a pipe, and the lengths that EventBridge allows."""

import pytest

from eventpipes import Pipe
from momento_pipes.mapping import MappingError, PipeConfig

GOOD = PipeConfig(
    path_parameters=("p" * 512,),
    patterns=('{"a":["' + "x" * 4_086 + '"]}',) * 5,
    input_template="x" * 8_192,
    query_string_parameters={"key": "$." + "k" * 510},
)


def test_a_config_with_every_part_at_its_limit_fits_a_pipe() -> None:
    GOOD.check("cache-put")
    assert len(GOOD.patterns[0]) == 4_096
    Pipe(GOOD.definition("p", method="PUT", endpoint="https://momento.example/*"))


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        (
            PipeConfig(path_parameters=("c",), input_template="x" * 8_193),
            r"cache-put has a template of 8193 .* allows 8192: send fewer .*Field\.NEW_IMAGE",
        ),
        (
            PipeConfig(path_parameters=("c",), patterns=(GOOD.patterns[0], GOOD.patterns[0] + " ")),
            r"a filter of 4097 characters for cache-put, but a pipe allows 4096: narrow by fewer",
        ),
        (
            PipeConfig(path_parameters=("c",), query_string_parameters={"key": "$." + "k" * 511}),
            r"a path of 513 characters, but a pipe allows 512: write .* a shorter name",
        ),
        (PipeConfig(path_parameters=("$." + "k" * 511,)), r"a path of 513 characters"),
    ],
    ids=["template", "filter", "query", "path"],
)
def test_a_text_over_its_limit_is_refused(config: PipeConfig, complaint: str) -> None:
    with pytest.raises(MappingError, match=complaint):
        config.check("cache-put")
