"""The steps of a run: ask, deploy, write, compare, record; and destroy in any case."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from live.aws import Aws, asking_aws
from live.momento.client import Access, Momento
from live.output import console
from ops.demo.local_stack import step
from ops.prove import items, patterns, recording, states
from ops.prove.comparison import ComparedAnswer
from ops.prove.delivering import Delivering
from ops.prove.observation import ProofClients
from ops.prove.pipelines import ProvedPipeline, read_pipelines
from ops.prove.throwaway import Throwaway
from ops.shared.progress_bar import progress_bar
from stacks.settings import Settings

EXPIRED: Final = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
"""The identity that removes expired items. The run does not wait for a real removal."""
SAMPLES: Final = 12
"""Records with which each filter is asked about."""


@dataclass
class Proof:
    """One run; `recording` has its answers, also those before a failure.

    Raises:
        OpsError, LiveError: something cannot be asked or deployed.

    """

    settings: Settings
    throwaway: Throwaway
    aws: Aws
    momento: Momento
    access: Access
    _: KW_ONLY
    is_local: bool

    def __post_init__(self) -> None:
        self._delivered: list[ComparedAnswer] = []
        self.recording: recording.Recording = {
            "format": recording.FORMAT,
            "answered_by": recording.STAND_IN if self.is_local else recording.AWS,
            "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self.settings.region,
            "prefix": self.throwaway.prefix,
            "max_ttl_seconds": self.settings.max_ttl_seconds,
            "stack": {"resource": {}},
            "patterns": [],
            "states": [],
            "deliveries": [],
        }

    def run(self, *, quick: bool, only: Sequence[str], patience: float, settle: float) -> None:
        """Ask and compare everything; `quick` leaves out tables and pipes.

        `only` are the names of pipelines; if there are none, all are tried.
        """
        with step("synthesize", "Python to Terraform JSON"):
            document = self.throwaway.document
            self.recording["stack"] = recording.stack_of(document)
            declared = read_pipelines(document, self.throwaway.prefix)
            pipelines = {
                name: pipeline for name, pipeline in declared.items() if name in (only or declared)
            }
        self._ask_about_patterns(pipelines)
        self._deploy(pipelines, quick=quick, only=only)
        self._ask_about_states(pipelines)
        if not quick:
            self._deliver(pipelines, patience, settle)

    def _deploy(
        self, pipelines: Mapping[str, ProvedPipeline], *, quick: bool, only: Sequence[str]
    ) -> None:
        """Deploy the whole stack, or only the resources that these pipelines need."""
        machines = [pipeline.machine[1] for pipeline in pipelines.values() if pipeline.machine]
        pipes = [address for pipeline in pipelines.values() for address in pipeline.addresses]
        targets = machines if quick else pipes if only else []
        if targets or not quick:
            self.throwaway.deploy(targets)

    def comparisons(self) -> list[ComparedAnswer]:
        """Return all comparisons so far."""
        return [*recording.comparisons(self.recording | {"deliveries": []}), *self._delivered]

    def _ask_about_patterns(self, pipelines: Mapping[str, ProvedPipeline]) -> None:
        cache = self.settings.cache_name
        asked = [*patterns.of_cases(), *_of_filters(pipelines, cache)]
        with _progress("TestEventPattern", len(asked)) as advance:
            client = self.aws.client("events")
            self.recording["patterns"] = patterns.ask_all(client, asked, advance)

    def _ask_about_states(self, pipelines: Mapping[str, ProvedPipeline]) -> None:
        client = self.aws.client("stepfunctions")
        machines = {
            pipeline.machine[0]: pipeline
            for pipeline in pipelines.values()
            if pipeline.machine is not None
        }
        with asking_aws():
            listed = {
                machine["name"]: machine["stateMachineArn"]
                for page in client.get_paginator("list_state_machines").paginate()
                for machine in page["stateMachines"]
                if machine["name"] in machines
            }
            described = {
                name: client.describe_state_machine(stateMachineArn=arn)
                for name, arn in sorted(listed.items())
            }
        asked = [
            (about["roleArn"], question)
            for name, about in described.items()
            for question in states.questions(
                machines[name].name,
                about["definition"],
                self._batches(machines[name]),
                region=self.settings.region,
            )
        ]
        with _progress("TestState", len(asked)) as advance:
            for role, question in asked:
                answered = states.ask(client, role, question)
                self.recording["states"].append(answered)
                advance()

    def _batches(self, pipeline: ProvedPipeline) -> dict[str, list[dict[str, Any]]]:
        """Return records in batches as a pipe hands them over: one life each, then several."""
        lives = items.samples(pipeline.name, pipeline.keys, self.settings.cache_name)
        (pipe,) = pipeline.readers.values()
        batches = {name: pipe.items(records) for name, records in lives.items()}
        together = [record for records in list(lives.values())[:5] for record in records]
        return {"several items": pipe.items(together), **batches}

    def _deliver(
        self, pipelines: Mapping[str, ProvedPipeline], patience: float, settle: float
    ) -> None:
        clients = ProofClients(
            aws=self.aws.client,
            momento=self.momento,
            access=self.access,
            cache=self.settings.cache_name,
            max_ttl_seconds=self.settings.max_ttl_seconds,
            patience=patience,
            settle=settle,
        )
        with _steps() as tell:
            delivering = Delivering(pipelines, clients, tell)
            try:
                delivering.run()
            finally:
                self.recording["deliveries"] = delivering.deliveries
                self._delivered = delivering.all_comparisons()
        if delivering.silent:
            silent = ", ".join(delivering.silent)
            console.print(f"[yellow]![/] no first delivery in time of {silent}; they go on anyway")


def _of_filters(pipelines: Mapping[str, ProvedPipeline], cache: str) -> Iterator[patterns.Question]:
    for pipeline in pipelines.values():
        lives = items.samples(pipeline.name, pipeline.keys, cache)
        records = {
            f"{name}, {record['eventName']}": record
            for name, own in lives.items()
            for record in own
        }
        name, removed = next(
            (name, record) for name, record in records.items() if record["eventName"] == "REMOVE"
        )
        some = dict(list(records.items())[:: max(1, len(records) // SAMPLES)])
        some |= {name: removed, "an expired item": {**removed, "userIdentity": EXPIRED}}
        for pipe, reader in pipeline.readers.items():
            for number, pattern in enumerate(reader.definition.filters, start=1):
                yield from patterns.of_filter(f"{pipe}, filter {number}", pattern, some)
        for rule in pipeline.rules:
            source = pipeline.full_name
            yield from patterns.of_filter(rule.name, rule.pattern, some, source=source)


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[], None]]:
    with step(f"{what} ", f"{total} questions"), progress_bar() as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


@contextmanager
def _steps() -> Iterator[Callable[[str, int, int], None]]:
    with step("deliver", "write, wait, compare"), progress_bar() as bar:
        task = bar.add_task("deliver", total=None)
        yield lambda what, done, total: bar.update(
            task, description=what, completed=done, total=total
        )
