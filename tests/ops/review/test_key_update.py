"""A review says what happens to the connection's API key, by its version."""

from typing import Any

from ops.review import review
from tests.ops.review.plans import change, plan

OLD, NEW = ({"triggers_replace": {"key_version": one}} for one in ("1111111", "2222222"))


def page(*changes: dict[str, Any]) -> str:
    found = review(plan(*changes))
    assert not found.blocked
    return found.markdown


def test_a_new_version_is_a_new_key_and_holds_nothing_back() -> None:
    text = page(change("terraform_data", "replace", OLD, NEW))
    said = "gets another API key: version <code>1111111</code> becomes <code>2222222</code>"
    assert said in text
    assert "requests go out as before; no pipe stops, and no record is lost" in text
    assert "CAUTION" not in text


def test_a_new_connection_gets_the_key_and_a_changed_one_gets_it_again() -> None:
    said = "the connection gets the API key of version <code>2222222</code>"
    assert f"{said}." in page(change("terraform_data", "add", None, NEW))
    assert f"{said} again." in page(change("terraform_data", "replace", NEW, NEW))


def test_other_terraform_data_does_not_count_as_the_api_key() -> None:
    wait = {"triggers_replace": {"policy": "{}"}}
    assert "API key" not in page(change("terraform_data", "replace", wait, wait | {"id": "1"}))
    assert "API key" not in page(change("terraform_data", "replace", {}, {"triggers_replace": "x"}))


def test_a_version_of_the_secret_goes_without_a_loss_while_the_secret_stays() -> None:
    """A deployment of an earlier version of this project has one; the provider leaves it at AWS."""
    secret = {"id": "arn:secret", "recovery_window_in_days": 30}
    version = change("aws_secretsmanager_secret_version", "destroy", {"secret_id": "arn:secret"})
    assert "CAUTION" not in page(
        version, change("aws_secretsmanager_secret", "keep", secret, secret)
    )
    gone = change("aws_secretsmanager_secret", "destroy", secret)
    assert review(plan(version, gone)).blocked
