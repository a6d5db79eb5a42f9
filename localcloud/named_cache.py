"""The Momento cache that a pipe or a rule names."""

from urllib.parse import unquote, urlsplit

from eventpipes import Definition, RuleDefinition


def named_cache(definition: Definition | RuleDefinition) -> str | None:
    """Return the cache of the requests, or None if it is not a constant.

    The endpoint is `/cache/{cache}` or `/topics/{cache}/{topic}`; the path parameters replace each
    `*`.
    """
    parameters = iter(definition.path_parameters)
    path = urlsplit(definition.destination.endpoint).path
    parts = [next(parameters, "*") if part == "*" else part for part in path.split("/")]
    match parts:
        case ["", "cache" | "topics", name, *_] if name and name != "*" and name[0] != "$":
            return unquote(name)
    return None
