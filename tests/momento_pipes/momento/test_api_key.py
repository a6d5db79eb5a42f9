"""The API key: two variables, and the secret of the walk-through; no synthesized file has it."""

from momento_pipes.momento.api_key import API_KEY_VARIABLE, KEY_VERSION_VARIABLE
from tests.synthesized import Synthesized, synthesize

PLANTED = "eyJwbGFudGVkIjoibW9tZW50byJ9"


def test_the_key_is_an_ephemeral_variable_without_a_default(weather: Synthesized) -> None:
    assert weather.document["variable"][API_KEY_VARIABLE] == {
        "type": "string",
        "ephemeral": True,
        "sensitive": True,
        "nullable": False,
        "description": "The Momento API key, at most 512 characters.",
    }


def test_the_keys_version_is_a_variable_without_a_default(weather: Synthesized) -> None:
    """With a default, a new key without a new version would not reach AWS."""
    assert weather.document["variable"][KEY_VERSION_VARIABLE] == {
        "type": "string",
        "nullable": False,
        "description": "The first 7 hexadecimal digits of the SHA-256 of the Momento API key.",
    }


def test_the_secret_can_be_created_again_right_after_a_destroy(weather: Synthesized) -> None:
    assert weather.one("aws_secretsmanager_secret").arguments == {
        "name": "momento-eventbridge-api-key",
        "description": "Momento API key used by EventBridge",
        "recovery_window_in_days": 0,
    }


def test_in_production_the_secret_is_encrypted_with_the_key_and_can_be_recovered_for_a_month(
    weather: Synthesized, production: Synthesized
) -> None:
    name = "momento-eventbridge-api-key"
    assert production.one("aws_secretsmanager_secret", name).arguments == {
        **weather.one("aws_secretsmanager_secret").arguments,
        "recovery_window_in_days": 30,
        "kms_key_id": production.one("aws_kms_key").ref("arn"),
    }


def test_api_key_is_in_no_synthesized_file(weather: Synthesized, state: Synthesized) -> None:
    """The JSON is the same with and without a key, so it has no digest of the key either."""
    for stack, without in {"weather": weather, "state": state}.items():
        planted = synthesize(stack, MOMENTO_API_KEY=PLANTED).text
        assert PLANTED not in planted
        assert planted == without.text
