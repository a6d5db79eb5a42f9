"""The connection: created with a placeholder, updated with the key; what sends waits for that."""

from momento_pipes.momento.connection import PYTHON, UPDATE
from momento_pipes.momento.update_connection import PLACEHOLDER
from tests.synthesized import Synthesized, synthesize

CONNECTION = "aws_cloudwatch_event_connection"


def environment_of(stack: Synthesized) -> dict[str, str]:
    """Return the environment of the update's command."""
    found: dict[str, str] = stack.key_update["provisioner"][0]["local-exec"]["environment"]
    return found


def test_the_connection_is_created_with_a_placeholder_that_is_never_sent_again(
    weather: Synthesized,
) -> None:
    """Each update by the provider sends the value of the state again."""
    assert weather.one(CONNECTION).arguments == {
        "name": "weather-stats-demo-connection",
        "description": "Connection with API key authorization",
        "authorization_type": "API_KEY",
        "auth_parameters": {"api_key": {"key": "Authorization", "value": PLACEHOLDER}},
        "lifecycle": {"ignore_changes": ["auth_parameters", "description", "kms_key_identifier"]},
    }


def test_the_update_runs_for_a_new_version_and_for_a_changed_connection(
    weather: Synthesized,
) -> None:
    connection, update = weather.one(CONNECTION), weather.key_update
    assert update["triggers_replace"] == {
        "connection": connection.ref("arn"),
        "key_version": "${var.momento_api_key_version}",
    }
    assert update["lifecycle"] == {"replace_triggered_by": [connection.address]}


def test_the_update_gets_everything_from_its_environment(weather: Synthesized) -> None:
    assert environment_of(weather) == {
        "CONNECTION_NAME": "weather-stats-demo-connection",
        "CONNECTION_REGION": "us-east-1",
        "CONNECTION_API_KEY": "${var.momento_api_key}",
        "CONNECTION_KEY_VERSION": "${var.momento_api_key_version}",
        "CONNECTION_KMS_KEY": "",
        "CONNECTION_SECRET": weather.one("aws_secretsmanager_secret").ref("arn"),
        "CONNECTION_PROGRAM": UPDATE.read_text(encoding="utf-8"),
        "UPDATE_CONNECTION": PYTHON,
    }
    command = weather.key_update["provisioner"][0]["local-exec"]
    assert "momento_api_key" not in command["command"] + "".join(command["interpreter"])


def test_terraform_reads_the_program_and_the_command_as_they_are(weather: Synthesized) -> None:
    """Terraform would replace `${...}` and `%{...}`."""
    command = weather.key_update["provisioner"][0]["local-exec"]
    for text in (command["command"], PYTHON, UPDATE.read_text(encoding="utf-8")):
        assert "${" not in text
        assert "%{" not in text


def test_in_production_the_connection_is_encrypted_with_the_stacks_key(
    production: Synthesized,
) -> None:
    """EventBridge takes a key only with this tag."""
    key = production.one("aws_kms_key")
    assert key["tags"] == {"EventBridgeApiDestinations": "true"}
    assert environment_of(production)["CONNECTION_KMS_KEY"] == key.ref("arn")
    assert production.key_update["triggers_replace"]["kms_key"] == key.ref("arn")


def test_in_production_a_workflow_may_decrypt_the_connections_secret() -> None:
    stack = synthesize(PROFILE="production", TOPOLOGY="workflow")
    policies = [block["policy"] for block in stack.blocks("aws_iam_role_policy")]
    (sends,) = (policy for policy in policies if "RetrieveConnectionCredentials" in policy)
    assert '"kms:Decrypt"' in sends
    assert "secretsmanager.us-east-1.amazonaws.com" in sends


def test_what_sends_is_created_after_the_update() -> None:
    """A bus's rules and the pipes need a destination; a workflow has the connection itself."""
    for topology in ("pipes", "bus", "workflow"):
        stack = synthesize(TOPOLOGY=topology)
        kinds = ("aws_cloudwatch_event_api_destination", "aws_sfn_state_machine")
        senders = [block for kind in kinds for block in stack.blocks(kind)]
        assert len(senders) == (1 if topology == "workflow" else 3)
        for sender in senders:
            assert stack.key_update.address in sender["depends_on"], (topology, sender.address)
