"""The API key: the secret, and that no synthesized file has the key."""

from stacks.momento.secret import API_KEY_VARIABLE
from tests.stacks.conftest import Synthesized, synthesize

PLANTED = "eyJwbGFudGVkIjoibW9tZW50byJ9"


def test_the_key_is_a_sensitive_variable_without_a_default(weather: Synthesized) -> None:
    assert weather.document["variable"][API_KEY_VARIABLE] == {
        "type": "string",
        "sensitive": True,
        "nullable": False,
        "description": "The Momento API key, at most 512 characters.",
    }


def test_variable_has_the_name_that_commands_set() -> None:
    """A user's shell may set `TF_VAR_momento_api_key`."""
    assert API_KEY_VARIABLE == "momento_api_key"


def test_the_secret_can_be_created_again_right_after_a_destroy(weather: Synthesized) -> None:
    assert weather.one("aws_secretsmanager_secret").arguments == {
        "name": "momento-eventbridge-api-key",
        "description": "Momento API key used by EventBridge",
        "recovery_window_in_days": 0,
    }


def test_in_production_the_secret_is_encrypted_with_the_key_and_can_be_recovered_for_a_month(
    weather: Synthesized, production: Synthesized
) -> None:
    assert production.one("aws_secretsmanager_secret").arguments == {
        **weather.one("aws_secretsmanager_secret").arguments,
        "recovery_window_in_days": 30,
        "kms_key_id": production.one("aws_kms_key").ref("arn"),
    }


def test_the_secrets_value_is_written_and_never_read_back(weather: Synthesized) -> None:
    """The version number follows from the key, so that a new key reaches AWS."""
    assert weather.one("aws_secretsmanager_secret_version").arguments == {
        "secret_id": weather.one("aws_secretsmanager_secret").ref("id"),
        "secret_string_wo": "${var.momento_api_key}",
        "secret_string_wo_version": "${parseint(substr(sha256(var.momento_api_key), 0, 7), 16)}",
    }


def test_the_secrets_name_is_a_setting() -> None:
    stack = synthesize(MOMENTO_SECRET_NAME="momento/traffic")  # noqa: S106 - a name, not a secret
    assert stack.one("aws_secretsmanager_secret")["name"] == "momento/traffic"


def test_api_key_is_in_no_synthesized_file(weather: Synthesized, state: Synthesized) -> None:
    """The JSON is the same with and without a key, so it has no digest of the key either."""
    for stack, without in {"weather": weather, "state": state}.items():
        planted = synthesize(stack, MOMENTO_API_KEY=PLANTED).text
        assert PLANTED not in planted
        assert planted == without.text
