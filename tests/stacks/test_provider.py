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


@both_stacks
def test_the_provider_has_the_region_and_no_tags_unless_set(stack: str) -> None:
    assert synthesize(stack).document["provider"] == {"aws": [{"region": "us-east-1"}]}


@both_stacks
def test_production_tags_all_resources(stack: str) -> None:
    (provider,) = synthesize(stack, PROFILE="production", TAGS="team=a").document["provider"]["aws"]
    assert provider["default_tags"] == [
        {"tags": {"Project": "weather-stats-demo", "Profile": "production", "team": "a"}}
    ]


@both_stacks
def test_region_and_tags_are_settings(stack: str) -> None:
    document = synthesize(stack, AWS_REGION="eu-west-1", TAGS="team=weather, stage=test").document
    assert document["provider"] == {
        "aws": [
            {
                "region": "eu-west-1",
                "default_tags": [{"tags": {"team": "weather", "stage": "test"}}],
            }
        ]
    }
