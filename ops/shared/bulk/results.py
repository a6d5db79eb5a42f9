"""The results of a Map run, which its ResultWriter wrote to S3. They are read part by part."""

import codecs
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError

from live.items import key_text
from ops.shared.repair.report import MOST_DESCRIBED, WrongKey

PART: Final = 65_536
"""The bytes of a file that are read at a time."""

OWN_ERRORS: Final = (
    "LiveError",
    "UnusableError",
    "WatchError",
    "SilentMomentoError",
    "KeyReplacedError",
)
"""The function's errors whose messages have the next step."""


@dataclass(frozen=True)
class RunFiles:
    """Where a Map run's results are. `client` is boto3's for S3."""

    client: Any
    bucket: str
    map_run_id: str

    def outputs(self) -> Iterator[Mapping[str, Any]]:
        """Yield the result of each segment that is done."""
        for child in self._children(succeeded=True):
            yield json.loads(child["Output"])

    def failures(self) -> Iterator[str]:
        """Yield why other segments failed."""
        for child in self._children(succeeded=False):
            if "Cause" in child:
                yield explained(child.get("Error", ""), child["Cause"])

    def wrong(self) -> Iterator[Mapping[str, Any]]:
        """Yield all wrong keys that the segments name."""
        for output in self.outputs():
            yield from output.get("wrong", [])

    def _children(self, *, succeeded: bool) -> Iterator[Any]:
        """Yield the children that succeeded, or the others; none if the run wrote no results."""
        try:
            key = f"results/{self.map_run_id}/manifest.json"
            manifest = json.loads(self._body(key).read())
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("NoSuchKey", "NoSuchBucket"):
                raise
            return
        for status, files in manifest["ResultFiles"].items():
            for file in files if (status == "SUCCEEDED") is succeeded else ():
                yield from objects(iter(partial(self._body(file["Key"]).read, PART), b""))

    def _body(self, key: str) -> Any:  # noqa: ANN401 - a stream of boto3
        return self.client.get_object(Bucket=self.bucket, Key=key)["Body"]


@dataclass
class SegmentTotals:
    """The sums of all segments that are done, and why others failed.

    The wrong keys are in the order of their states, then of their keys: the segments end in any
    order.
    """

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[WrongKey] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    segments: int = 0

    @classmethod
    def of(cls, files: RunFiles) -> "SegmentTotals":
        """Return the sums of a Map run's results."""
        totals = cls(failures=list(dict.fromkeys(files.failures())))
        for output in files.outputs():
            totals.segments += 1
            for name, value in output.items():
                if name not in ("segment", "wrong"):
                    totals.counts[name] += int(value)
            left = MOST_DESCRIBED - len(totals.wrong)
            totals.wrong += [
                WrongKey(finding["state"], key_text(finding["key"]), why=finding["why"])
                for finding in output.get("wrong", [])[:left]
            ]
        totals.wrong.sort(key=lambda wrong_key: (wrong_key.state, wrong_key.key))
        return totals


def explained(error: str, cause: str) -> str:
    """Return an error of Step Functions for people. A Lambda function's cause is JSON.

    >>> explained("WatchError", '{"errorMessage": "no key: run it", "errorType": "WatchError"}')
    'no key: run it'
    >>> explained("States.Timeout", "too long")
    'States.Timeout: too long'
    """
    try:
        said = json.loads(cause)
    except ValueError:
        said = None
    if not isinstance(said, dict) or "errorMessage" not in said:
        return ": ".join(text for text in (error, cause) if text)
    if error in OWN_ERRORS:
        return str(said["errorMessage"])  # it has the next step
    return f"the function failed with {error}: {said['errorMessage']}; its log group has more"


def objects(parts: Iterable[bytes]) -> Iterator[Any]:
    """Yield the objects of a JSON array that comes in parts; one of them is in memory at a time.

    >>> list(objects([b'[{"a": 1}, {"', b'b": "]"}', b"]"]))
    [{'a': 1}, {'b': ']'}]
    """
    decode = codecs.getincrementaldecoder("utf-8")().decode
    text, at, reader = "", 0, json.JSONDecoder()
    for part in parts:
        text, at = text[at:] + decode(part), 0
        while True:
            while at < len(text) and text[at] in "[], \t\r\n":
                at += 1
            try:
                value, at = reader.raw_decode(text, at)
            except ValueError:
                break  # the rest of the object is in the next part
            yield value
    if text[at:].strip("[], \t\r\n"):
        raise ValueError("the JSON array is cut off")
