"""The command on small repositories: what it shows, proves, writes and refuses."""

import sys
from pathlib import Path

import pytest

from ops.migrate.proof import Environment
from ops.migrate.repository import Repository
from tests.conftest import KEY, ROOT
from tests.ops.conftest import Run
from tests.ops.migrate.conftest import CONFIG, PROGRAM, Make, commit, content, git

LOCK = (ROOT / "requirements-cdktn.lock").read_text(encoding="utf-8")
CDKTN = {"requirements-cdktn.lock": LOCK}
"""With it, the environment for the proof is the one that all tests share."""
OTHER_JSON = """
import sys
from cdktf import App, TerraformOutput, TerraformStack

app = App()
stack = TerraformStack(app, "small")
TerraformOutput(stack, "library", value=sys.modules[App.__module__].__name__)
app.synth()
"""
MADE_NAME = """
from importlib import import_module

cdktf = import_module(f"cdktf{''}")
app = cdktf.App()
cdktf.TerraformStack(app, "small")
app.synth()
"""
TYPESCRIPT = '{"language": "typescript", "app": "npx ts-node main.ts"}'
REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "no JSON": ({"cdktf.json": "{"}, "own/cdktf.json is not JSON (Expecting property name"),
    "a list": ({"cdktf.json": "[]"}, "own/cdktf.json is not a JSON object: correct it first"),
    "TypeScript": (
        {"cdktf.json": TYPESCRIPT},
        "own is a project in typescript, and this command changes projects in Python: replace",
    ),
    "old Python": (
        {"old.py": "from cdktf import x\nprint 1", "prose.py": "cdktf it is"},
        "these files cannot be changed; correct them, or change them by hand and commit:\nold.py: ",
    ),
    "a program that fails": (
        CDKTN | {"main.py": "import sys\nsys.exit('no endpoint')\nimport cdktf"},
        "python main.py failed with cdktf: the repository cannot be synthesized as it is, so",
    ),
    "a program that writes nothing": (
        CDKTN | {"main.py": "if 0:\n    import cdktf"},
        "python main.py wrote no cdk.tf.json with cdktf",
    ),
    "bindings without a successor": (
        CDKTN | {"requirements.in": "cdktf-cdktf-provider-nobody-has==1.0\n"},
        "uv pip compile failed: correct the files with the dependencies (a pinned version may",
    ),
    "packages that do not fit": (
        {"requirements.txt": "cdktf==0.21.0\nconstructs==10.8.1\n"},
        "uv pip install failed: correct the files with the dependencies (a pinned version may",
    ),
}


def migrate(run: Run, folder: Path, *options: str) -> tuple[int, str, str]:
    """Run the command on a repository; return its exit code and what it printed."""
    done = run("migrate", "cdktn", "--repository", str(folder), *options)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def refused(run: Run, folder: Path) -> tuple[str, str]:
    """Run the command, which changes nothing and fails; return what it printed."""
    before = content(folder)
    code, shown, said = migrate(run, folder)
    assert (code, content(folder)) == (1, before)
    return shown, said


@pytest.mark.slow
def test_changes_are_shown_proven_and_written_once(make: Make, run: Run) -> None:
    untracked = {"notes.py": "import cdktf\n", "imports/aws.py": "import cdktf\n"}
    config = CONFIG.replace("}", ', "codeMakerOutput": "imports", "terraformProviders": ["aws"]}')
    folder = make(
        CDKTN
        | {
            "cdktf.json": config,
            "package.json": '{"dependencies": {"cdktf-cli": "0.21.0"}}\n',
            "package-lock.json": "{}\n",
            "synth.sh": "npx cdktf synth\n",
            "README.md": "npx cdktf synth\n",
            "imports/tracked.py": "import cdktf\n",
            ".gitignore": ".venv\n.env\nnotes.py\nimports/aws.py\n",
        }
    )
    for name, text in untracked.items():
        (folder / name).write_text(text, encoding="utf-8")
    before = content(folder)

    code, shown, _ = migrate(run, folder, "--dry-run")
    assert (code, content(folder)) == (0, before)
    for line in (
        "--- a/main.py",
        "-import cdktf",
        "+import cdktn",
        '+cdktn.TerraformOutput(stack, "said", value="hello from cdktf")',
        "+cdktn==0.24.0",
        '+{"dependencies": {"cdktn-cli": "0.24.0"}}',
        "proven: apart from the allowed differences, the JSON is the same (small)",
        "write it again yourself: package-lock.json: npm install --package-lock-only",
        "generate the bindings of cdktf.json again: cdktn get",
        "  synth.sh:1: npx cdktf synth",
        "3 files would change; without --dry-run, they are changed",
    ):
        assert line in shown.splitlines()
    assert "README.md" not in shown
    assert "notes.py" not in shown
    assert "imports/" not in shown

    code, written, _ = migrate(run, folder)
    assert code == 0
    assert written.splitlines()[:-1] == shown.splitlines()[:-1]
    assert "3 files are changed: look at them with git diff" in written
    changed = {name for name, text in content(folder).items() if text != before[name]}
    assert changed == {"main.py", "requirements.txt", "package.json"}
    assert git(folder, "status", "--porcelain").split() == [
        *("M", "main.py", "M", "package.json", "M", "requirements.txt")
    ]

    nothing = (0, "nothing to change: no tracked file uses cdktf's packages\n", "")
    assert migrate(run, folder) == nothing
    assert migrate(run, folder, "--dry-run") == nothing


@pytest.mark.slow
def test_another_difference_is_shown_and_nothing_is_changed(make: Make, run: Run) -> None:
    shown, said = refused(run, make(CDKTN | {"main.py": OTHER_JSON}))
    (row,) = (line.split() for line in shown.splitlines() if "output.library.value" in line)
    assert row[:4] == ["small", "output.library.value", '"cdktf"', '"cdktn"']
    assert said.splitlines()[-1] == (
        "error: the synthesized JSON differs in 1 places that are not allowed, so nothing is"
        " changed: see the table"
    )


@pytest.mark.slow
def test_a_name_that_the_program_makes_is_shown_where_the_program_fails(
    make: Make, run: Run
) -> None:
    """Only the line itself says what a person has to change."""
    done = run("migrate", "cdktn", "--repository", str(make(CDKTN | {"main.py": MADE_NAME})))
    assert done.returncode == 1
    assert "python main.py failed with cdktn" in done.stderr
    assert "these lines still name cdktf's packages; look at them:\n  main.py:4: " in done.stderr


@pytest.mark.slow
def test_each_side_gets_its_packages_from_the_files_of_the_repository(make: Make, run: Run) -> None:
    """There is no environment, and the program's settings are in a .env; the key is not there."""
    program = PROGRAM.replace('"hello from cdktf"', "open('.env').read() + sys.argv[-1]")
    program = f"import os, sys\nif 'MOMENTO_API_KEY' in os.environ: sys.exit('a key')\n{program}"
    folder = make(
        {
            "main.py": program,
            "requirements.txt": "# by a tool\ncdktf==0.21.0\nconstructs==10.6.0\n    # via cdktf\n",
            "requirements.in": "cdktf~=0.21.0\n",
        }
    )
    (folder / ".venv").unlink()
    (folder / ".env").write_text("settings ")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOMENTO_API_KEY", KEY)
        patch.setenv("CDKTF_OUTDIR", str(folder / "elsewhere"))
        code, shown, said = migrate(run, folder, "--arguments", "'one word'")
    assert (code, said.count("cdktn: python main.py"), KEY in shown + said) == (0, 2, False)
    assert "requirements.txt: written again by uv" in shown
    lines = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert "cdktn==0.24.0" in lines
    assert "constructs==10.6.0" in lines
    assert not [line for line in lines if line.startswith("cdktf")]
    assert not (folder / "elsewhere").exists()


def test_a_run_leaves_no_bytecode_of_the_program(make: Make) -> None:
    """A changed file may have the size and time of the old one, whose bytecode would be run."""
    write = (
        "from pathlib import Path\n"
        "file = Path('cdktf.out/stacks/small/cdk.tf.json')\n"
        "file.parent.mkdir(parents=True)\n"
        "file.write_text('{}')\n"
    )
    repository = Repository.at(make({"main.py": "import own.part\n", "own/part.py": write}))
    environment = Environment("cdktf", Path(sys.executable))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        documents = environment.synthesize(repository, [[]])
    assert documents == {"cdktf.out/stacks/small/cdk.tf.json": {}}
    assert not list(repository.folder.rglob("__pycache__"))


@pytest.mark.slow
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_changed_is_an_error(case: str, make: Make, run: Run) -> None:
    files, says = REFUSED[case]
    folder = make(files)
    _, said = refused(run, folder)
    error = said[said.index("error: ") :].removeprefix("error: ")
    assert error.removeprefix(f"{folder.parent}/").startswith(says)
    assert "prose.py" not in said


def test_a_folder_without_a_project_is_an_error(tmp_path: Path, make: Make, run: Run) -> None:
    assert migrate(run, tmp_path / "none")[2] == (
        f"error: there is no folder {tmp_path}/none: name one with --repository DIR\n"
    )
    assert migrate(run, tmp_path)[2] == (
        f"error: {tmp_path} has no cdktf.json: name the folder of a CDKTF project with"
        " --repository DIR\n"
    )
    folder = make(committed=False)
    assert "own is in no git repository (fatal: not a git repository" in migrate(run, folder)[2]
    (folder / "main.py").unlink()
    commit(folder)
    assert "there is no program that synthesizes: the app in" in migrate(run, folder)[2]


def test_changes_that_are_not_committed_are_refused(make: Make, run: Run) -> None:
    folder = make()
    (folder / "main.py").write_text(PROGRAM + "# more\n", encoding="utf-8")
    shown, said = refused(run, folder)
    assert shown == ""
    assert "own has changes that are not committed (main.py): git commit or git stash" in said


def test_without_network_nothing_is_changed(
    make: Make, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache of uv is empty, and the index refuses connections."""
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    folder = make()
    (folder / ".venv").unlink()
    _, said = refused(run, folder)
    assert (
        "error: the packages could not be downloaded: connect to the network, or set UV_IND" in said
    )


@pytest.mark.slow
def test_lock_files_are_written_again_or_named(make: Make, run: Run) -> None:
    """Also the project in a folder of a repository, whose other folders stay."""
    project = 'name = "own"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["cdktf"]\n'
    folder = make(
        {
            "app/cdktf.json": CONFIG,
            "app/main.py": PROGRAM,
            "app/pyproject.toml": f"[project]\n{project}",
            "app/uv.lock": 'version = 1\nrequires-python = ">=3.11"\n',
            "app/poetry.lock": "",
            "app/requirements-all.txt": "cdktf==0.21.0 \\\n    --hash=sha256:00\n",
            "app/requirements-dev.txt": "pytest==9.0.0 \\\n    --hash=sha256:00\n",
            "app/base.in": "cdktf-cdktf-provider-null==11.0.1\n",
            "app/requirements.in": "cdktf-cdktf-provider-null==11.0.1\n",
        }
    )
    before = content(folder)
    code, shown, _ = migrate(run, folder / "app", "--without-proof")
    assert code == 0
    assert "uv.lock: written again by uv" in shown
    assert "write it again yourself: poetry.lock: poetry lock\n" in shown
    assert "write it again yourself: requirements-all.txt: the tool that wrote it" in shown
    assert "requirements-dev" not in shown
    after = content(folder)
    assert {name for name, text in after.items() if text != before[name]} == {
        *("app/main.py", "app/pyproject.toml", "app/uv.lock", "app/requirements.in"),
    }
    assert b'name = "cdktn"' in after["app/uv.lock"]
    newest = after["app/requirements.in"].decode().strip().removeprefix("cdktn-provider-null==")
    assert int(newest.split(".")[0]) >= 15


def test_without_proof_only_the_files_are_changed(make: Make, run: Run) -> None:
    folder = make({"main.py": "import cdktf, sys\nsys.exit('not run')\n"})
    code, shown, said = migrate(run, folder, "--without-proof")
    assert (code, said, "proven" in shown) == (0, "", False)
    assert (folder / "main.py").read_text() == "import cdktn, sys\nsys.exit('not run')\n"


@pytest.mark.parametrize("app", ["pipenv run python3 src/app.py", "python -m src.app"])
def test_the_program_is_the_one_in_cdktf_json(app: str, make: Make, run: Run) -> None:
    config = CONFIG.replace("python main.py", app)
    folder = make(
        {"cdktf.json": config, "src/app.py": "import sys\nsys.exit('here')\nimport cdktf"}
    )
    code, _, said = migrate(run, folder)
    words = app.removeprefix("pipenv run python3 ").removeprefix("python ")
    assert (code, f"cdktf: python {words}\n" in said, said.endswith("\nhere\n")) == (1, True, True)
    assert [path.name for path in (folder / "src").iterdir()] == ["app.py"]
