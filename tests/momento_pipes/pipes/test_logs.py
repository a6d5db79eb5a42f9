"""The log group that the pipes write to."""

from tests.synthesized import Synthesized


def test_the_group_keeps_ninety_days_under_the_vended_logs_prefix(weather: Synthesized) -> None:
    assert weather.one("aws_cloudwatch_log_group").arguments == {
        "name": "/aws/vendedlogs/pipes/weather-stats-demo",
        "retention_in_days": 90,
    }


def test_in_production_the_group_keeps_a_year_encrypted_with_the_key(
    production: Synthesized,
) -> None:
    name = "/aws/vendedlogs/pipes/weather-stats-demo"
    assert production.one("aws_cloudwatch_log_group", name).arguments == {
        "name": name,
        "retention_in_days": 365,
        "kms_key_id": production.one("aws_kms_key").ref("arn"),
    }
