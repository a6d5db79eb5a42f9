"""The recorded pipelines, as the page's server tells them: the weather stack in each topology."""

import functools
from typing import Any, Final

from console.model import pipeline_json
from live.table import TableClient
from stacks.settings import Settings
from tests.conftest import ENDPOINT
from tests.console.shop import Deployed, routes_of
from tests.synthesized import synthesize_with
from weather.form import WeatherForm

Json = dict[str, Any]
TABLE: Final = "weather-stats-demo"
STACKS: Final = {
    "weather": {"NAME_PREFIX": TABLE, "TOPOLOGY": "pipes"},
    "orders": {"NAME_PREFIX": "orders", "TOPOLOGY": "workflow"},
    "sessions": {"NAME_PREFIX": "sessions", "TOPOLOGY": "bus"},
}
"""The settings of each pipeline's stack. Only the first one has a form."""


def pipe(operation: str) -> str:
    """Return the name of a route of the first pipeline."""
    return f"{TABLE}-{operation}-pipe"


def settings(name: str) -> Settings:
    """Return the settings of a pipeline's stack."""
    return Settings(MOMENTO_API_ENDPOINT=ENDPOINT, **STACKS[name])  # type: ignore[arg-type]  # pydantic parses the texts


@functools.cache
def deployed(name: str = "weather") -> Deployed:
    """Return a pipeline."""
    made = synthesize_with(settings(name)).document
    table, view = settings(name).name_prefix, "NEW_AND_OLD_IMAGES"
    keys = {"Location": "S"}
    client = TableClient(None, name=table, keys=tuple(keys), types=keys, view=view, about=24)
    return Deployed(name, routes_of(made, table), client)


def model(*names: str) -> Json:
    """Return the model of some pipelines: weather, orders (a workflow), sessions (a bus)."""
    found: dict[str, Any] = {name: deployed(name) for name in names or ("weather",)}
    forms = {"weather": WeatherForm(settings("weather"))}
    return {
        "stack": "momento-pipes",
        "cloud": "the local cloud at http://127.0.0.1:46461",
        "local": True,
        "page": "1",
        "pipelines": [pipeline_json(one, forms.get(name)) for name, one in found.items()],
    }
