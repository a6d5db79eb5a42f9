"""How synth, validate and plan grow with the number of pipelines, in each topology.

    python tests/bench/scale.py [--runs 3] [--pipelines 1 10 50 100] [--topology pipes]

Each pipeline has a table of its own and shares the endpoint. Synth is a whole Python process with
its node; memory is that of the largest process. Validate and plan are Terraform's with the real
provider, against the local AWS, with the state on disk; nothing is deployed, so a plan adds
everything. Rounds take turns, so that a slow minute of the machine is every size's; what a
further resource costs is told in processor time, which other work on the machine sways less.
"""

import argparse
import itertools
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from localcloud import LocalAws
from momento_pipes.momento.update_connection import version_of
from ops.terraform import provider
from tests.localcloud.weather_pipes import ENDPOINT
from tests.rounds import Run, timed

SIZES = (1, 10, 50, 100)
STEPS = ("synth", "validate", "plan")
SETTINGS = {
    "MOMENTO_API_ENDPOINT": ENDPOINT,
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20",
    "TF_VAR_momento_api_key": "key",
    "TF_VAR_momento_api_key_version": version_of("key"),
    "CHECKPOINT_DISABLE": "1",
}


def synthesize(pipelines: int) -> None:
    """Synthesize a stack of that many pipelines, as main.py does; runs in a child process."""
    import gc

    gc.disable()
    from cdktf import App

    from momento_pipes.mapping import Attribute, CacheEntry, ItemMapping, KeySchema, TopicMessage
    from stacks.settings import Settings
    from stacks.stack import MomentoStack  # before cdktf, which would start node another way

    key, value = Attribute("Id"), Attribute("Value", "N")
    app = App()
    stack = MomentoStack(app, "many", Settings.load())
    for number in range(pipelines):
        stack.add_pipeline(
            f"p{number}",
            source=stack.add_table(f"t{number}", keys=KeySchema(key)),
            mapping=ItemMapping(
                cache=CacheEntry(key=key, value=[key, value], ttl=60),
                topic=TopicMessage(topic=f"topic-{number}", value=[key, value]),
            ),
        )
    app.synth()
    gc.freeze()


def steps(pipelines: int, folder: Path, environment: Mapping[str, str]) -> Iterator[Run]:
    """Synthesize, validate and plan a stack of that many pipelines."""
    folder.mkdir(exist_ok=True)
    out = folder / "out"
    code = f"from tests.bench.scale import synthesize; synthesize({pipelines})"
    yield timed(
        [sys.executable, "-c", code], folder, {**environment, "CDKTF_OUTDIR": os.fspath(out)}
    )
    stack = out / "stacks" / "many"
    document = json.loads((stack / "cdk.tf.json").read_text(encoding="utf-8"))
    document["terraform"].pop("backend")
    (stack / "cdk.tf.json").write_text(json.dumps(document), encoding="utf-8")
    timed(["terraform", "init", "-input=false"], stack, environment)
    yield timed(["terraform", "validate"], stack, environment)
    yield timed(["terraform", "plan", "-input=false", "-lock=false"], stack, environment)


def resources(folder: Path) -> int:
    """Return how many resources a synthesized stack has."""
    document = json.loads((folder / "out/stacks/many/cdk.tf.json").read_text(encoding="utf-8"))
    return sum(map(len, document["resource"].values()))


def show(runs: Mapping[int, list[tuple[Run, ...]]], counts: Mapping[int, int], title: str) -> None:
    """Print a line for each size, and what one more resource costs between the ends."""
    table = Table("pipelines", "resources", title=title, title_justify="left")
    for step in STEPS:
        table.add_column(step, justify="right")
        table.add_column("CPU", justify="right")
        table.add_column("memory", justify="right")
    medians = {
        size: [
            (
                statistics.median(run[place].seconds for run in of_size),
                statistics.median(run[place].processor for run in of_size),
                statistics.median(run[place].megabytes for run in of_size),
            )
            for place in range(len(STEPS))
        ]
        for size, of_size in runs.items()
    }
    for size, of_steps in medians.items():
        cells = [
            cell
            for wall, cpu, peak in of_steps
            for cell in (f"{wall:.2f} s", f"{cpu:.2f} s", f"{peak:.0f} MB")
        ]
        table.add_row(str(size), str(counts[size]), *cells)
    console = Console(width=120)
    console.print(table)
    sizes = sorted(medians)
    for small, large in itertools.pairwise(sizes):
        more = counts[large] - counts[small]
        each = [
            f"{step} {1000 * (medians[large][place][1] - medians[small][place][1]) / more:.2f} ms"
            for place, step in enumerate(STEPS)
        ]
        console.print(
            f"from {small} to {large} pipelines, a further resource, CPU: {', '.join(each)}"
        )


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description="Time synth, validate and plan by size.")
    parser.add_argument("--runs", type=int, default=3, help="rounds (default: 3)")
    parser.add_argument("--pipelines", type=int, nargs="+", default=SIZES, help="the sizes")
    parser.add_argument("--topology", choices=("pipes", "bus"), default="pipes")
    chosen = parser.parse_args()
    if chosen.runs < 1 or min(chosen.pipelines) < 1:
        parser.error("--runs and --pipelines take 1 or more")
    with tempfile.TemporaryDirectory() as name, LocalAws() as aws:
        base = aws.environment() | SETTINGS | {"TOPOLOGY": chosen.topology}
        base["PYTHONPATH"] = os.fspath(ROOT)
        base.pop("PYTHONDONTWRITEBYTECODE", None)
        found = provider.resolve(ROOT, base)
        environment = base | provider.terraform_variables(ROOT, base, found)
        folders = {size: Path(name) / str(size) for size in chosen.pipelines}
        runs: dict[int, list[tuple[Run, ...]]] = {size: [] for size in chosen.pipelines}
        tuple(steps(1, Path(name) / "warm", environment))
        for _ in range(chosen.runs):
            for size, folder in folders.items():
                runs[size].append(tuple(steps(size, folder, environment)))
        counts = {size: resources(folder) for size, folder in folders.items()}
    show(runs, counts, f"{chosen.topology}, medians of {chosen.runs} rounds")


if __name__ == "__main__":
    main()
