"""Run Terraform on a synthesized stack."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from momento_pipes.momento.update_connection import version_of
from ops.shared.errors import OpsError
from ops.terraform import binary, provider
from stacks.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
LOCK = ".terraform.lock.hcl"
"""The provider's lock file: in the repository, if it is committed, and in each stack's folder."""
KEY_VARIABLE = "TF_VAR_momento_api_key"
VERSION_VARIABLE = "TF_VAR_momento_api_key_version"
KEYS = ("MOMENTO_API_KEY", "MOMENTO_READ_API_KEY", "MOMENTO_ADMIN_API_KEY", KEY_VARIABLE)
"""The variables with a key of Momento; a program gets one only if it needs it."""
NO_KEY = "not-needed"
"""What Terraform gets as the key, unless it applies. Its variable must have a value."""
APPLYING = ("apply", "deploy")
"""The commands of Terraform and cdktf that need the key."""

_NEXT_STEPS = (
    (
        r"S3 bucket .* does not exist|NoSuchBucket",
        "the state bucket does not exist yet: run ./help.sh bootstrap",
    ),
    (
        r"No valid credential sources|could not find credentials|InvalidClientTokenId|ExpiredToken",
        "AWS takes no credentials from this environment: see 'AWS' in .env.example",
    ),
    (
        r"Error acquiring the state lock.* NoSuchKey",  # refused, and nobody had it any more
        "somebody else's deploy ended at that moment: run the command again",
    ),
    (
        r"Error acquiring the state lock",
        "somebody else is deploying; wait for them (if nobody is: terraform force-unlock ID)",
    ),
    (
        r"Failed to query available provider packages|Failed to install provider",
        "the AWS provider could not be installed: run ./help.sh setup to look for it again",
    ),
    (
        r"Saved plan is stale",
        (
            "something was deployed since this plan was made: make a new one with"
            " ./help.sh plan --out FILE, and have it reviewed"
        ),
    ),
    (
        r"Failed to (load|read) .* plan file|Plan read error",
        "this file is not a saved plan: make one with ./help.sh plan --out FILE",
    ),
    (
        r"prevent_destroy",
        (
            "the resource is protected from destroy on purpose: see 'How to take it down' in"
            " docs/production.md"
        ),
    ),
)


class TerraformError(OpsError):
    """Terraform ended with an error; its own text is in the message unless it was printed.

    `printed` is the text that was printed.
    """

    def __init__(self, message: str, *, printed: str = "") -> None:
        super().__init__(message)
        self.printed = printed


def environment(settings: Settings, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of Terraform and cdktf.

    It has the API key and its version as Terraform variables (if the key is set), the Python that
    updates the connection, the region under both of its names, and the provider's mirror. It keeps
    the tools from asking the network about new versions. `without_keys` and `Terraform` take the
    key out for programs that do not need it.
    """
    env = dict(os.environ if base is None else base)
    origin = provider.resolve(ROOT, without_keys(env))
    env |= provider.terraform_variables(ROOT, env, origin)
    env |= {"CHECKPOINT_DISABLE": "1", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20"}
    env |= {"AWS_REGION": settings.region, "AWS_DEFAULT_REGION": settings.region}
    if settings.momento_api_key is not None:
        env.setdefault(KEY_VARIABLE, settings.momento_api_key.get_secret_value())
    if env.get(KEY_VARIABLE):
        env[VERSION_VARIABLE] = version_of(env[KEY_VARIABLE])
    return env | {"CONNECTION_PYTHON": sys.executable}


def without_keys(env: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the keys of Momento."""
    return {name: value for name, value in env.items() if name not in KEYS}


def environment_of(command: str, env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a command of Terraform or cdktf: only some get the API key."""
    key = env.get(KEY_VARIABLE, NO_KEY) if command in APPLYING else NO_KEY
    return without_keys(env) | {KEY_VARIABLE: key}


def require_key(env: Mapping[str, str], *, to_apply: bool = False) -> None:
    """Raise OpsError if the environment holds no API key; for a plan, its version is enough."""
    if not env.get(KEY_VARIABLE) and (to_apply or not env.get(VERSION_VARIABLE)):
        raise OpsError(
            "MOMENTO_API_KEY is not set: put it in .env or the environment"
            " (./help.sh key create makes one)"
        )


def out_folder(env: Mapping[str, str]) -> Path:
    """Return the folder of the synthesized stacks."""
    return ROOT / env.get("CDKTF_OUTDIR", "cdktf.out")


def synthesize(stack: str, env: Mapping[str, str], *, quiet: bool = False) -> Path:
    """Synthesize a stack and return its folder; quiet leaves out the warnings.

    Raises:
        OpsError: there is no Node.js, or synth failed; what it said has been printed.

    """
    node = env.get("JSII_NODE") or "node"
    if shutil.which(node, path=env.get("PATH")) is None:
        raise OpsError(
            f"{node} is not installed: get Node.js 18.18 or newer; jsii, under cdktf, runs on it"
        )
    done = run_app(stack, without_keys(env), quiet=quiet)
    if done.returncode:
        sys.stderr.write(done.stderr or "")
        raise OpsError(f"the stack {stack} could not be synthesized")
    return out_folder(env) / "stacks" / stack


def read_synthesized(folder: Path) -> Any:  # noqa: ANN401 - any JSON
    """Return the JSON of a synthesized stack, from its folder."""
    return json.loads((folder / "cdk.tf.json").read_text(encoding="utf-8"))


def run_app(stack: str, env: Mapping[str, str], *, quiet: bool) -> subprocess.CompletedProcess[str]:
    """Run the CDKTF app for a stack; quiet keeps what it prints on stderr in the result."""
    return subprocess.run(
        [sys.executable, "main.py", stack],
        cwd=ROOT,
        env=env,
        stderr=subprocess.PIPE if quiet else None,
        text=True,
        check=False,
        process_group=0,  # Ctrl-C ends this process, which ends it; else both print a traceback
    )


class Terraform:
    """Terraform or OpenTofu in a stack's folder; only `apply` gets the environment's API key.

    Raises:
        OpsError: the program is not installed.
        TerraformError: a command failed.

    """

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        program = binary.name(env)
        path = shutil.which(program, path=env.get("PATH"))
        if path is None:
            raise OpsError(f"{program} is not installed: {binary.product(program).advice}")
        self._program = Path(path).name
        self._path = path
        self.folder = folder
        self._env = dict(env)

    def init(self, *arguments: str) -> None:
        """Prepare the folder, with the committed lock file; print only a failure."""
        take_lock(ROOT / LOCK, self.folder)
        self.quiet("init", "-input=false", *arguments)

    def lock(self, *arguments: str) -> None:
        """Write the provider's lock file in the folder."""
        self._run("providers", "lock", *arguments)

    def quiet(self, command: str, *arguments: str) -> str:
        """Run a command and return its output."""
        return self._run(command, "-no-color", *arguments)

    def show(self, command: str, *arguments: str) -> None:
        """Run a command on the user's terminal, which may answer its questions."""
        plain = [] if sys.stdout.isatty() else ["-no-color"]
        done = self._ended(command, *plain, *arguments, stderr=subprocess.PIPE)
        sys.stderr.write(done.stderr)
        if done.returncode:
            raise TerraformError(
                _next_step(done.stderr) or f"{self._program} {command} failed, see above",
                printed=done.stderr,
            )

    def events(self, *arguments: str) -> Iterator[dict[str, Any]]:
        """Run a command with `-json` and yield its events as they come."""
        with interrupts_left_to_the_child():
            yield from self._events(*arguments)

    def _events(self, *arguments: str) -> Iterator[dict[str, Any]]:
        process = subprocess.Popen(
            [self._path, *arguments, "-json"],
            cwd=self.folder,
            env=environment_of(arguments[0], self._env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        problems = []
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                try:
                    event = json.loads(line)
                except json.JSONDecodeError:
                    problems.append(line)
                    continue
                if event.get("@level") == "error":
                    detail = event.get("diagnostic", {}).get("detail", "")
                    problems.append(f"{event['@message']}\n{detail}".rstrip() + "\n")
                yield event
        if process.wait():
            raise TerraformError(_with_next_step("".join(problems)))

    def pull_state(self) -> Any:  # noqa: ANN401 - any JSON
        """Return the state."""
        return json.loads(self._run("state", "pull"))

    def push_state(self, state: Any) -> None:  # noqa: ANN401 - any JSON
        """Replace the state, unless another one was written since this one was pulled."""
        self._run("state", "push", "-", given=json.dumps(state))

    def _run(self, *words: str, given: str | None = None) -> str:
        done = self._ended(*words, input=given, capture_output=True)
        if done.returncode:
            raise TerraformError(_with_next_step(done.stderr or done.stdout))
        return done.stdout

    def _ended(self, *words: str, **streams: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401 - subprocess's own
        env = environment_of(words[0], self._env)
        with interrupts_left_to_the_child():
            return subprocess.run(
                [self._path, *words], cwd=self.folder, env=env, text=True, check=False, **streams
            )

    def json(self, command: str, *arguments: str) -> Any:  # noqa: ANN401 - whatever Terraform says
        """Run a command with `-json` and return its answer."""
        return json.loads(self.quiet(command, "-json", *arguments))


def take_lock(committed: Path, folder: Path) -> None:
    """Copy a committed lock file into a stack's folder if it locks the version of the stack.

    `AWS_PROVIDER_VERSION`, or a mirror, may ask for another version. Then Terraform makes its own.
    """
    try:
        text = committed.read_text(encoding="utf-8")
        version = read_synthesized(folder)["terraform"]["required_providers"]["aws"]["version"]
    except (OSError, ValueError, KeyError):
        return
    if re.search(rf'^\s*version\s*=\s*"{re.escape(version)}"$', text, re.MULTILINE):
        (folder / LOCK).write_text(text, encoding="utf-8")


@contextmanager
def interrupts_left_to_the_child() -> Iterator[None]:
    """Leave Ctrl-C to the child, which ends by itself.

    Python would kill it a quarter of a second later: before Terraform has written its state and
    released its lock.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's own
        return
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def refuse_to_ask(*, auto_approve: bool) -> None:
    """Raise OpsError where nobody can answer a question and nothing is approved beforehand."""
    if not auto_approve and not sys.stdin.isatty():
        raise OpsError(
            "there is no terminal to approve the plan on; look at it with ./help.sh plan,"
            " then add --auto-approve"
        )


def _with_next_step(text: str) -> str:
    step = _next_step(text)
    return f"{text.strip()}\n{step}" if step else text.strip()


def _next_step(text: str) -> str:
    flat = re.sub(r"[\s│╵╷]+", " ", text)
    return next((step for pattern, step in _NEXT_STEPS if re.search(pattern, flat)), "")
