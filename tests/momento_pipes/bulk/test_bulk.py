"""What BULK=true adds to a stack: state machines, a function, a bucket, and their rights."""

import json
from typing import Any

import pytest

from eventpipes.workflow import StateMachine
from live.bulk import comparison
from momento_pipes import bulk_settings
from momento_pipes.bulk.bulk import methods
from momento_pipes.mapping import Attribute, CacheEntry, ItemMapping, KeySchema, Stream, Until
from momento_pipes.workflow.entry import EntryRequests
from momento_pipes.workflow.requests import requests_of
from stacks.settings import SettingsError
from tests.each import each
from tests.synthesized import Synthesized, read_settings, synthesize

PREFIX = "weather-stats-demo"


@pytest.fixture(scope="module")
def bulk() -> Synthesized:
    """Return the weather stack with BULK."""
    return synthesize(BULK="true", MOMENTO_CACHE_OPERATIONS_PER_SECOND="1000")


def machine(stack: Synthesized, name: str) -> Any:
    """Return a state machine's definition."""
    return json.loads(stack.one("aws_sfn_state_machine", f"{PREFIX}-bulk-{name}")["definition"])


def test_the_engine_runs_the_definitions(bulk: Synthesized) -> None:
    kinds = {
        one["name"].removeprefix(f"{PREFIX}-bulk-"): one["type"]
        for one in bulk.blocks("aws_sfn_state_machine")
    }
    assert kinds == {"put-page": "EXPRESS", "verify": "STANDARD", "warm": "STANDARD"}
    for one in bulk.blocks("aws_sfn_state_machine"):
        made = StateMachine.parse(one["definition"])
        assert made.is_standard_only == (one["type"] == "STANDARD")


def test_the_rate_is_half_of_what_momento_allows(bulk: Synthesized) -> None:
    """500 requests a second are 20 children with 25 each, or 5 of verify with 100 each."""
    for name, children in (("warm", 20), ("verify", 5)):
        assert machine(bulk, name)["States"]["Each segment"]["MaxConcurrency"] == children
    wait = machine(bulk, "put-page")["States"]["Keep the pace"]["Seconds"]
    assert "/ 25 -" in wait
    variables = bulk.one("aws_lambda_function")["environment"]["variables"]
    assert variables["BULK_RATE"] == "100"
    own = synthesize(BULK="true", BULK_RATE="10")
    assert machine(own, "warm")["States"]["Each segment"]["MaxConcurrency"] == 1
    assert "/ 10 -" in machine(own, "put-page")["States"]["Keep the pace"]["Seconds"]


def test_a_failed_segment_fails_the_run_so_that_it_can_be_redriven(bulk: Synthesized) -> None:
    for name in ("warm", "verify"):
        each_segment = machine(bulk, name)["States"]["Each segment"]
        assert each_segment["ToleratedFailurePercentage"] == 0
        config = each_segment["ItemProcessor"]["ProcessorConfig"]
        assert config == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
        states = each_segment["ItemProcessor"]["States"].values()
        assert all(state["Type"] != "Fail" for state in states)


def test_each_role_may_do_what_its_machine_does(bulk: Synthesized) -> None:
    put = bulk.statements(f"{PREFIX}-bulk-put-page")
    assert put["ReadTable"]["Action"] == ["dynamodb:Scan"]
    assert {"SendToMomento", "UseConnection", "SendDeadLetters", "WriteLogs"} <= put.keys()
    warm = bulk.statements(f"{PREFIX}-bulk-warm")
    page = bulk.one("aws_sfn_state_machine", f"{PREFIX}-bulk-put-page")
    assert warm["PutPages"]["Resource"] == [page.ref("arn")]
    assert warm["StartChildren"]["Resource"][0].endswith(f":stateMachine:{PREFIX}-bulk-warm")
    assert warm["RedriveChildren"]["Action"] == ["states:RedriveExecution"]
    assert all(one.endswith("/results/*") for one in warm["WriteResults"]["Resource"])
    verify = bulk.statements(f"{PREFIX}-bulk-verify")
    assert verify["Compare"]["Resource"] == [bulk.one("aws_lambda_function").ref("arn")]
    function = bulk.statements(f"{PREFIX}-bulk-verify-function")
    assert "dynamodb:Scan" in json.dumps(function)
    for other in ("cloudwatch:PutMetricData", "dynamodb:Put", "GetRecords", "ListStreams"):
        assert other not in json.dumps(function)


def test_the_page_machine_only_puts_entries(bulk: Synthesized) -> None:
    condition = bulk.statements(f"{PREFIX}-bulk-put-page")["SendToMomento"]["Condition"]
    assert condition["StringEquals"]["states:HTTPMethod"] == ["PUT"]
    (path,) = condition["StringLike"]["states:HTTPEndpoint"]
    assert path.endswith("/cache/*")


def test_the_page_machine_may_delete_an_entry_whose_time_has_passed() -> None:
    key = Attribute("Id")
    for ttl, expected in ((60, ["PUT"]), (Until(Attribute("Ends", "N")), ["PUT", "DELETE"])):
        mapping = ItemMapping(cache=CacheEntry(key=key, ttl=ttl))
        requests = requests_of([mapping], Stream(KeySchema(key)), "cache")
        assert methods([one for one in requests if isinstance(one, EntryRequests)]) == expected


def test_a_child_of_a_map_may_have_the_role_under_either_name(bulk: Synthesized) -> None:
    for name in ("warm", "verify"):
        trust = bulk.trust(f"{PREFIX}-bulk-{name}")
        plain, labelled = trust["Condition"]["ArnEquals"]["aws:SourceArn"]
        assert plain.endswith(f":stateMachine:{PREFIX}-bulk-{name}")
        assert labelled == f"{plain}/*"


def test_with_an_own_key_page_and_results_can_be_decrypted() -> None:
    """The table is read by the role itself, and the results are encrypted through S3."""
    own = synthesize(BULK="true", PROFILE="production")
    put = own.statements(f"{PREFIX}-bulk-put-page")
    (via,) = put["DecryptStream"]["Condition"]["StringEquals"].values()
    assert (put["DecryptStream"]["Action"], via) == (
        ["kms:Decrypt"],
        "dynamodb.us-east-1.amazonaws.com",
    )
    written = own.statements(f"{PREFIX}-bulk-warm")["EncryptResults"]
    policy = json.loads(own.one("aws_kms_key")["policy"])["Statement"]
    (through,) = [one for one in policy if one["Sid"] == "UseThroughServices"]
    (service,) = written["Condition"]["StringEquals"].values()
    assert service in through["Condition"]["StringEquals"]["kms:ViaService"]
    assert set(written["Action"]) <= {"kms:Decrypt", "kms:GenerateDataKey"}


def test_the_results_are_private_and_end(bulk: Synthesized) -> None:
    (rule,) = bulk.one("aws_s3_bucket_lifecycle_configuration")["rule"]
    assert rule["expiration"] == [{"days": 30}]
    blocked = bulk.one("aws_s3_bucket_public_access_block")
    assert blocked["block_public_policy"] is True
    (tls,) = json.loads(bulk.one("aws_s3_bucket_policy")["policy"])["Statement"]
    assert (tls["Effect"], tls["Sid"]) == ("Deny", "DenyWithoutTls")


@each(topology=["pipes", "bus", "workflow"])
def test_every_topology_can_have_it(topology: str) -> None:
    stack = synthesize(BULK="true", TOPOLOGY=topology)
    names = {one["name"] for one in stack.blocks("aws_sfn_state_machine")}
    assert f"{PREFIX}-bulk-put-page" in names


def test_the_function_works_for_a_stretch_too() -> None:
    """The function has its own number, because its zip file does not have the constructs."""
    assert comparison.STRETCH_SECONDS == bulk_settings.STRETCH_SECONDS


@each(rate=["101", "1000000"])
def test_a_rate_over_momentos_limit_is_refused(rate: str) -> None:
    with pytest.raises(SettingsError, match=r"BULK_RATE is .* more than the 100 cache"):
        read_settings(BULK="true", BULK_RATE=rate, MOMENTO_CACHE_OPERATIONS_PER_SECOND="100")


@each(("rate", "warned"), [("80", False), ("81", True), ("100", True)])
def test_a_rate_that_leaves_little_for_the_pipes_has_a_warning(rate: str, *, warned: bool) -> None:
    settings = read_settings(BULK="true", BULK_RATE=rate, MOMENTO_CACHE_OPERATIONS_PER_SECOND="100")
    assert any("BULK_RATE" in one for one in settings.warnings) == warned


def test_the_bucket_has_the_region_in_its_name(bulk: Synthesized) -> None:
    """Otherwise a second region of the account cannot have the same pipeline."""
    name = bulk.one("aws_s3_bucket")["bucket"]
    assert name.startswith(f"{PREFIX}-bulk-${{")
    assert name.endswith("}-us-east-1")
