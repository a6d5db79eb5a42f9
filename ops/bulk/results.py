"""The results of a Map run, which its ResultWriter wrote to S3."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from ops.verify.results import MOST_WRONG


@dataclass
class SegmentTotals:
    """The sums of all segments that are done, and why others failed."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[Mapping[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    segments: int = 0

    def add(self, output: Mapping[str, Any]) -> None:
        """Take the result of a segment."""
        self.segments += 1
        for name, value in output.items():
            if name not in ("segment", "wrong"):
                self.counts[name] += int(value)
        self.wrong += output.get("wrong", [])[: MOST_WRONG - len(self.wrong)]


def read(s3: Any, bucket: str, map_run_id: str) -> SegmentTotals:  # noqa: ANN401 - a boto3 client
    """Return the results of a Map run; none if it did not write them."""
    results = SegmentTotals()
    key = f"results/{map_run_id}/manifest.json"
    try:
        manifest = _json(s3, bucket, key)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchKey", "NoSuchBucket"):
            raise
        return results
    for status, files in manifest["ResultFiles"].items():
        for child in _children(s3, bucket, files):
            if status == "SUCCEEDED":
                results.add(json.loads(child["Output"]))
            elif "Cause" in child:
                results.failures.append(f"{child.get('Error', '')}: {child['Cause']}")
    return results


def _children(s3: Any, bucket: str, files: list[Mapping[str, Any]]) -> Iterator[Any]:  # noqa: ANN401
    for file in files:
        yield from _json(s3, bucket, file["Key"])


def _json(s3: Any, bucket: str, key: str) -> Any:  # noqa: ANN401
    return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
