"""Items are written to a deployed pipeline, and what comes of them is compared."""

import functools
from collections.abc import Iterator
from typing import Any

import pytest

from live.momento.client import Access, Momento
from localcloud import LocalAws
from localcloud.applied import Applied, client
from localcloud.momento.service import LocalMomento
from ops.prove.comparison import Agreement, ComparedAnswer
from ops.prove.deliveries import STREAM
from ops.prove.delivering import UNASKED, Delivering
from ops.prove.observation import ProofClients
from ops.prove.pipelines import read_pipelines
from tests.conftest import KEY
from tests.ops.prove.conforming import CACHE, PREFIX, document, running

TRIED = "whole-pipes"


@pytest.fixture(scope="module")
def cloud(local_aws: LocalAws) -> Iterator[tuple[LocalAws, LocalMomento]]:
    """Deploy one pipeline of the stack, and run its pipes."""
    made = document()
    resources = made["resource"]
    for type_, bodies in resources.items():
        own = {id_: one for id_, one in bodies.items() if not id_.startswith(("whole-", "chosen-"))}
        resources[type_] = own | {id_: one for id_, one in bodies.items() if id_.startswith(TRIED)}
    Applied(made, local_aws.endpoint, momento_api_key=KEY).create()
    with running(local_aws.endpoint) as momento:
        yield local_aws, momento


def delivered(
    cloud: tuple[LocalAws, LocalMomento], made: dict[str, Any], *, patience: float
) -> list[ComparedAnswer]:
    """Return the comparisons with what the engine predicts from a document."""
    aws, momento = cloud
    pipeline = read_pipelines(made, PREFIX)[TRIED]
    with Momento(is_local=True) as client_of_momento:
        place = ProofClients(
            aws=functools.partial(_client, aws.endpoint),
            momento=client_of_momento,
            access=Access(origin=momento.endpoint, key=KEY),
            cache=CACHE,
            max_ttl_seconds=86_400,
            patience=patience,
            settle=0.0,
        )
        run = Delivering({TRIED: pipeline}, place, lambda *_: None)
        run.run()
    assert run.silent == []
    return run.all_comparisons()


def _client(endpoint: str, service: str) -> Any:
    return client(service, endpoint)


def test_all_agrees_with_the_stack_that_is_deployed(
    cloud: tuple[LocalAws, LocalMomento],
) -> None:
    found = delivered(cloud, document(), patience=60)
    assert [one for one in found if one.agreement is not Agreement.AGREE] == []
    assert {one.area for one in found} == {STREAM, "TOPOLOGY=pipes", UNASKED}
    assert len(found) > 90


def test_a_difference_in_one_template_is_found(cloud: tuple[LocalAws, LocalMomento]) -> None:
    """The engine gets another template for the topic than the one that is deployed."""
    made = document()
    (pipe,) = (
        body
        for id_, body in made["resource"]["aws_pipes_pipe"].items()
        if id_.startswith(f"{TRIED}_topic-publish")
    )
    template = pipe["target_parameters"]["input_template"]
    pipe["target_parameters"]["input_template"] = template.replace("EventType", "Kind")
    found = delivered(cloud, made, patience=5)
    other = [one for one in found if one.agreement is not Agreement.AGREE]
    assert {one.agreement for one in other} == {Agreement.DIFFER}
    assert all('"Kind"' in one.predicted and '"EventType"' in one.answered for one in other)
    assert len(other) > 30
