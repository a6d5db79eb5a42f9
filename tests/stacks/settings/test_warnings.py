"""Settings that are allowed, but are probably a mistake, give a warning."""

import pytest

from stacks.settings import MOMENTO_REGIONS
from tests.each import each
from tests.synthesized import ENDPOINT, read_settings

MOMENTO = ENDPOINT.removeprefix("https://")


def test_the_defaults_give_no_warning() -> None:
    assert read_settings().warnings == ()


def test_momento_is_in_the_regions_its_documentation_names_first() -> None:
    """Momento: "Regions"; the page names more."""
    named = {"us-east-1", "us-west-2", "ap-northeast-1", "ap-south-1", "eu-west-1"}
    assert named <= MOMENTO_REGIONS


@each(region=sorted(MOMENTO_REGIONS))
def test_a_region_with_its_own_endpoint_gives_no_warning(region: str) -> None:
    endpoint = f"https://api.cache.cell-1-{region}-1.prod.a.momentohq.com"
    assert read_settings(AWS_REGION=region, MOMENTO_API_ENDPOINT=endpoint).warnings == ()


def test_a_region_without_momento_is_a_warning() -> None:
    (warning,) = read_settings(AWS_REGION="sa-east-1").warnings
    assert warning.startswith("AWS_REGION is sa-east-1, but Momento has no endpoint")
    assert "us-east-1" in warning


def test_an_endpoint_in_another_region_is_a_warning() -> None:
    """Momento's page "API keys": a v2 key is valid across all regions."""
    (warning,) = read_settings(AWS_REGION="eu-west-1").warnings
    assert warning.startswith("AWS_REGION is eu-west-1, but MOMENTO_API_ENDPOINT is in us-east-1")
    assert "own region only" not in warning
    assert "API key of the first version (v1)" in warning


def test_a_topic_in_another_region_is_a_warning() -> None:
    topic = "arn:aws:sns:{}:123456789012:on-call"
    assert read_settings(ALARM_TOPIC_ARN=topic.format("us-east-1")).warnings == ()
    (warning,) = read_settings(ALARM_TOPIC_ARN=topic.format("eu-west-1")).warnings
    assert warning.startswith("ALARM_TOPIC_ARN is not in us-east-1")


def test_a_destroy_that_is_allowed_in_production_is_a_warning() -> None:
    assert read_settings(ALLOW_DESTROY="true").warnings == ()
    (warning,) = read_settings(PROFILE="production", ALLOW_DESTROY="true").warnings
    assert warning.startswith("ALLOW_DESTROY is true")


@pytest.mark.parametrize(
    "host",
    [
        "momento.example",
        "evilmomentohq.com",
        f"{MOMENTO}.example",
        "api.cache.cell-us-east-1-1.prod.a.momentohq.co",
        "localhost:8443",
    ],
)
def test_an_endpoint_that_is_not_a_momento_host_gives_a_warning(host: str) -> None:
    (warning,) = read_settings(MOMENTO_API_ENDPOINT=f"https://{host}").warnings
    assert warning.startswith(f"MOMENTO_API_ENDPOINT is https://{host}, which is not a host of Mom")
    assert "*.momentohq.com" in warning


@pytest.mark.parametrize("host", [MOMENTO, MOMENTO.upper(), f"{MOMENTO}:443"])
def test_a_host_of_momentos_gives_no_warning(host: str) -> None:
    assert read_settings(MOMENTO_API_ENDPOINT=f"https://{host}").warnings == ()
