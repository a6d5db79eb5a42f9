"""Settings that are allowed, but are probably a mistake, give a warning."""

from stacks.settings import MOMENTO_REGIONS
from tests.each import each
from tests.synthesized import ENDPOINT, read_settings

MOMENTO = ENDPOINT.removeprefix("https://")


def test_momento_is_in_the_regions_its_documentation_names_first() -> None:
    """Momento: "Regions"; the page names more."""
    named = {"us-east-1", "us-west-2", "ap-northeast-1", "ap-south-1", "eu-west-1"}
    assert named <= MOMENTO_REGIONS


@each(region=sorted(MOMENTO_REGIONS))
def test_a_region_with_its_own_endpoint_gives_no_warning(region: str) -> None:
    endpoint = f"https://api.cache.cell-1-{region}-1.prod.a.momentohq.com"
    assert read_settings(AWS_REGION=region, MOMENTO_API_ENDPOINT=endpoint).warnings == ()


TOPIC = "arn:aws:sns:{}:123456789012:on-call"
OTHER_HOSTS = (
    *("momento.example", "evilmomentohq.com", f"{MOMENTO}.example", "localhost:8443"),
    "api.cache.cell-us-east-1-1.prod.a.momentohq.co",
)


@each(
    ("environment", "begins", "says"),
    [
        ({}, None, ""),
        (
            {"AWS_REGION": "sa-east-1"},
            "AWS_REGION is sa-east-1, but Momento has no endpoint",
            "us-east-1",
        ),
        (
            {"AWS_REGION": "eu-west-1"},
            "AWS_REGION is eu-west-1, but MOMENTO_API_ENDPOINT is in us-east-1",
            "API key of the first version (v1)",
        ),
        ({"ALARM_TOPIC_ARN": TOPIC.format("us-east-1")}, None, ""),
        ({"ALARM_TOPIC_ARN": TOPIC.format("eu-west-1")}, "ALARM_TOPIC_ARN is not in us-east-1", ""),
        ({"ALLOW_DESTROY": "true"}, None, ""),
        ({"PROFILE": "production", "ALLOW_DESTROY": "true"}, "ALLOW_DESTROY is true", ""),
        *(
            (
                {"MOMENTO_API_ENDPOINT": f"https://{host}"},
                f"MOMENTO_API_ENDPOINT is https://{host}, which is not a host of Mom",
                "*.momentohq.com",
            )
            for host in OTHER_HOSTS
        ),
        *(
            ({"MOMENTO_API_ENDPOINT": f"https://{host}"}, None, "")
            for host in (MOMENTO, MOMENTO.upper(), f"{MOMENTO}:443")
        ),
    ],
)
def test_a_setting_that_is_probably_a_mistake_gives_a_warning(
    environment: dict[str, str], begins: str | None, says: str
) -> None:
    """Momento's page "API keys": a v2 key is valid across all regions."""
    told = read_settings(**environment).warnings
    assert len(told) == (begins is not None)
    for warning in told:
        assert warning.startswith(begins or "")
        assert says in warning
        assert "own region only" not in warning
