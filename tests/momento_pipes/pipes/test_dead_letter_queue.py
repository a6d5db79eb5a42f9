"""The dead-letter queue."""

from tests.synthesized import Synthesized


def test_the_queue_keeps_messages_for_fourteen_days_encrypted(weather: Synthesized) -> None:
    assert weather.one("aws_sqs_queue").arguments == {
        "name": "weather-stats-demo-dlq",
        "message_retention_seconds": 14 * 24 * 60 * 60,
        "sqs_managed_sse_enabled": True,
    }


def test_in_production_the_queue_is_encrypted_with_the_key_and_not_destroyed(
    production: Synthesized,
) -> None:
    """SQS allows its own encryption or a key, not both."""
    assert production.one("aws_sqs_queue").arguments == {
        "name": "weather-stats-demo-dlq",
        "message_retention_seconds": 14 * 24 * 60 * 60,
        "kms_master_key_id": production.one("aws_kms_key").ref("arn"),
        "lifecycle": {"prevent_destroy": True},
    }
