"""The engine says what AWS and Momento answered in the recordings of `tests/cases/recorded`."""

from pathlib import Path

import pytest

from ops.prove import recording
from ops.prove.comparison import Agreement
from ops.shared.errors import OpsError
from tests.conftest import ROOT
from tests.each import each

FOLDER = ROOT / "tests" / "cases" / "recorded"
STAND_IN = FOLDER / "stand-in.json"


@each(file=sorted(FOLDER.glob("*.json")))
def test_the_engine_agrees_with_a_recording(file: Path) -> None:
    found = list(recording.comparisons(recording.read(file)))
    wrong = [one for one in found if one.agreement is Agreement.DIFFER]
    assert found
    assert wrong == []


def test_only_the_stand_ins_recording_is_theirs() -> None:
    theirs = [
        file
        for file in FOLDER.glob("*.json")
        if recording.read(file)["answered_by"] != recording.AWS
    ]
    assert theirs == [STAND_IN]
    assert recording.read(STAND_IN)["answered_by"] == recording.STAND_IN


def test_a_changed_answer_of_each_kind_is_found() -> None:
    changed = recording.read(STAND_IN)
    changed["patterns"][0]["answer"] = not changed["patterns"][0]["answer"]
    changed["states"][0]["answer"]["next"] = "another state"
    put, *_ = (one for one in changed["deliveries"] if any(one["entries"].values()))
    put["entries"] = dict.fromkeys(put["entries"], "another value")
    put["messages"] = {"/topics/cache/another": ["a message"]}
    put["letters"] = [["a pipe", "1"]]
    wrong = [one for one in recording.comparisons(changed) if one.agreement is Agreement.DIFFER]
    assert {one.area.partition("=")[0] for one in wrong} == {
        "filter patterns",
        "workflow states",
        "TOPOLOGY",
    }
    assert len(wrong) >= 5


def test_a_long_text_of_equal_characters_is_written_short_and_read_whole(tmp_path: Path) -> None:
    made = recording.read(STAND_IN)
    text = "before " + "x" * 390_000 + " after " + "y" * 5_000
    made["deliveries"] = [{"text": text}]
    file = tmp_path / "folder" / "one.json"
    recording.write(made, file, account="")
    assert file.stat().st_size < 200_000
    assert recording.read(file)["deliveries"] == [{"text": text}]


def test_the_accounts_number_is_left_out(tmp_path: Path) -> None:
    made = recording.read(STAND_IN)
    made["deliveries"] = ["arn:aws:sqs:us-east-1:210987654321:queue"]
    file = tmp_path / "one.json"
    recording.write(made, file, account="210987654321")
    assert "210987654321" not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["", "[]", '{"format": 0}', "{"])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "one.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(OpsError, match=r"one\.json is not a recording"):
        recording.read(file)
