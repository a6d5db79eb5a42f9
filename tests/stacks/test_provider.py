"""The AWS provider: which version, where, and with which tags."""

import pytest

from tests.synthesized import STACKS, synthesize

both_stacks = pytest.mark.parametrize("stack", STACKS)


@both_stacks
@pytest.mark.parametrize(
    ("environment", "version"),
    [
        ({}, "6.25.0"),
        ({"AWS_PROVIDER_VERSION": "6.1.0"}, "6.1.0"),
        ({"MIRROR_AWS_PROVIDER_VERSION": "5.100.0"}, "5.100.0"),
        ({"AWS_PROVIDER_VERSION": "6.1.0", "MIRROR_AWS_PROVIDER_VERSION": "5.100.0"}, "6.1.0"),
    ],
    ids=["the bindings' own", "the user's", "the mirror's", "the user's before the mirror's"],
)
def test_the_provider_is_pinned(stack: str, environment: dict[str, str], version: str) -> None:
    document = synthesize(stack, **environment).document
    assert document["terraform"]["required_providers"] == {
        "aws": {"source": "aws", "version": version}
    }


def tagged(region: str, **tags: str) -> dict[str, object]:
    """Return a provider that gives all resources these tags."""
    return {"region": region, "default_tags": [{"tags": tags}]}


@both_stacks
@pytest.mark.parametrize(
    ("environment", "provider"),
    [
        ({}, {"region": "us-east-1"}),
        (
            {"PROFILE": "production", "TAGS": "team=a"},
            tagged("us-east-1", Project="weather-stats-demo", Profile="production", team="a"),
        ),
        (
            {"AWS_REGION": "eu-west-1", "TAGS": "team=weather, stage=test"},
            tagged("eu-west-1", team="weather", stage="test"),
        ),
    ],
    ids=["default", "production", "settings"],
)
def test_the_provider_has_region_and_tags(
    stack: str, environment: dict[str, str], provider: dict[str, object]
) -> None:
    assert synthesize(stack, **environment).document["provider"] == {"aws": [provider]}
