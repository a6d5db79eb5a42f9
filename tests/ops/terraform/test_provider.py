"""Where the provider comes from, in folders made for each test."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

import pytest

from ops.shared.errors import OpsError
from ops.terraform import provider
from ops.terraform.provider import (
    ADDRESS,
    Provider,
    mirrors,
    resolve,
    terraform_variables,
    versions,
)

PLATFORM = "linux_amd64"
MIRROR = 'provider_installation {\n  filesystem_mirror {\n    path = "FOLDER"\n  }\n}\n'
Environment = dict[str, str]
Switch = Callable[..., None]


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Switch:
    """Keep this machine's folders and the network out; return a switch for the registry."""

    def inside(path: str | Path) -> Path:
        shared = str(path).startswith(("/opt", "/usr"))
        return tmp_path / str(path)[1:] if shared else Path(path)

    def switch(*, on: bool) -> None:
        monkeypatch.setattr(provider, "_registry_answers", lambda: on)

    monkeypatch.setattr(provider, "Path", inside)
    monkeypatch.setattr(provider, "_platform", lambda: PLATFORM)
    switch(on=False)
    return switch


@pytest.fixture
def env(tmp_path: Path) -> Environment:
    """Return an environment with an empty home."""
    (tmp_path / "home").mkdir()
    return {"HOME": str(tmp_path / "home")}


def put(folder: Path, version: str = "5.100.0", platform: str = PLATFORM) -> Path:
    """Put an unpacked provider into a mirror; return the mirror."""
    (folder / ADDRESS / version / platform).mkdir(parents=True)
    return folder


def pack(folder: Path, version: str, platform: str = PLATFORM) -> Path:
    """Put a packed provider into a mirror; return the mirror."""
    (folder / ADDRESS).mkdir(parents=True, exist_ok=True)
    (folder / ADDRESS / f"terraform-provider-aws_{version}_{platform}.zip").touch()
    return folder


def write(path: Path, text: str) -> str:
    """Write a file, with its folders; return its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


PLACES: dict[str, tuple[str, Environment, Environment]] = {
    "filesystem_mirror of TF_CLI_CONFIG_FILE": (
        "m",
        {"rc": MIRROR},
        {"TF_CLI_CONFIG_FILE": "TMP/rc"},
    ),
    "filesystem_mirror of ~/.terraformrc": ("m", {"home/.terraformrc": MIRROR}, {}),
    "filesystem_mirror below ~": (
        "home/m",
        {"home/.terraformrc": MIRROR.replace("FOLDER", "~/m")},
        {},
    ),
    "TF_PLUGIN_CACHE_DIR": ("m", {}, {"TF_PLUGIN_CACHE_DIR": "FOLDER"}),
    "plugin_cache_dir": ("m", {"home/.terraformrc": 'plugin_cache_dir = "FOLDER"\n'}, {}),
    "plugin_cache_dir with a variable": (
        "home/m",
        {"home/.terraformrc": 'plugin_cache_dir = "$HOME/m"\n'},
        {},
    ),
    "~/.terraform.d": ("home/.terraform.d/plugins", {}, {}),
    "~/.local/share": ("home/.local/share/terraform/plugins", {}, {}),
    "XDG_DATA_HOME": ("data/terraform/plugins", {}, {"XDG_DATA_HOME": "TMP/data"}),
    "/usr/local/share/terraform": ("usr/local/share/terraform/plugins", {}, {}),
    "/usr/share/terraform": ("usr/share/terraform/plugins", {}, {}),
    "below /opt": ("opt/anything", {}, {}),
    "below /usr/local/share": ("usr/local/share/anything", {}, {}),
    "below /usr/local/lib": ("usr/local/lib/anything", {}, {}),
}
"""Where a mirror is, the files that lead to it, and the variables."""


@pytest.mark.parametrize("place", PLACES)
def test_a_mirror_is_found(
    place: str, tmp_path: Path, env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, files, variables = PLACES[place]
    monkeypatch.setenv("HOME", env["HOME"])
    mirror = put(tmp_path / folder)

    def filled(text: str) -> str:
        return text.replace("FOLDER", str(mirror)).replace("TMP", str(tmp_path))

    for name, text in files.items():
        write(tmp_path / name, filled(text))
    env |= {name: filled(value) for name, value in variables.items()}
    assert resolve(tmp_path, env) == Provider(mirror=mirror, version="5.100.0")


def test_the_users_own_choice_comes_first(tmp_path: Path, env: Environment) -> None:
    chosen = put(tmp_path / "chosen", "5.1.0")
    cache = put(tmp_path / "cache", "5.2.0")
    put(tmp_path / "opt" / "shared", "5.3.0")
    env |= {
        "TF_CLI_CONFIG_FILE": write(tmp_path / "rc", MIRROR.replace("FOLDER", str(chosen))),
        "TF_PLUGIN_CACHE_DIR": str(cache),
    }
    assert list(mirrors(env)) == [chosen, cache, tmp_path / "opt" / "shared"]
    assert resolve(tmp_path, env) == Provider(mirror=chosen, version="5.1.0")


def test_a_mirror_without_the_provider_is_passed_over(tmp_path: Path, env: Environment) -> None:
    (tmp_path / "opt" / "empty" / ADDRESS).mkdir(parents=True)
    full = put(tmp_path / "opt" / "full")
    assert resolve(tmp_path, env).mirror == full


def test_newest_is_by_number_in_both_layouts_and_counts_once(tmp_path: Path) -> None:
    for version in ("5.99.0", "5.100.0", "4.67.0"):
        put(tmp_path, version)
    for version in ("5.100.1", "5.100.0", "5.9.0"):
        pack(tmp_path, version)
    assert versions(tmp_path, PLATFORM) == ["5.100.1", "5.100.0", "5.99.0", "5.9.0", "4.67.0"]


@pytest.mark.parametrize("add", [put, pack])
@pytest.mark.parametrize(
    ("version", "platform"),
    [("5.100.0", "darwin_arm64"), ("5.100.0", "linux_arm64"), ("5.100.0-beta1", PLATFORM)],
)
def test_another_platform_or_a_prerelease_does_not_count(
    tmp_path: Path, add: Callable[[Path, str, str], Path], version: str, platform: str
) -> None:
    assert versions(add(tmp_path, version, platform), PLATFORM) == []


def test_a_registry_is_preferred(tmp_path: Path, env: Environment, registry: Switch) -> None:
    put(tmp_path / "opt" / "shared")
    registry(on=True)
    found = resolve(tmp_path, env)
    assert found == Provider()
    assert str(found) == "AWS provider from the Terraform registry"
    assert terraform_variables(tmp_path, env, found) == {}


def test_neither_registry_nor_mirror_names_the_places_and_the_next_step(
    tmp_path: Path, env: Environment
) -> None:
    with pytest.raises(OpsError) as error:
        resolve(tmp_path, env)
    said = str(error.value)
    assert f"{tmp_path}/home/.terraform.d/plugins" in said
    assert f"no mirror for {PLATFORM}" in said
    assert "'terraform providers mirror DIR' where TF_PLUGIN_CACHE_DIR says." in said
    assert not (tmp_path / ".cache").exists()


@pytest.mark.parametrize(
    "error", [URLError("no such host"), TimeoutError(), ConnectionResetError()]
)
def test_without_a_network_the_registry_is_not_used(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.undo()
    monkeypatch.setattr(provider, "urlopen", fail)
    assert provider._registry_answers() is False  # noqa: SLF001 - the edge to the network


def test_a_found_provider_is_remembered(tmp_path: Path, env: Environment, registry: Switch) -> None:
    found = Provider(mirror=put(tmp_path / "opt" / "shared"), version="5.100.0")
    assert resolve(tmp_path, env) == found
    registry(on=True)
    assert resolve(tmp_path, env) == found
    assert resolve(tmp_path, env, again=True) == Provider()
    registry(on=False)
    assert resolve(tmp_path, env) == Provider()


def remove_the_mirror(first: Path, _: Path, __: Environment) -> None:
    (first / ADDRESS / "5.100.0" / PLATFORM).rmdir()


def change_variable(_: Path, other: Path, env: Environment) -> None:
    env["TF_PLUGIN_CACHE_DIR"] = str(other)


def change_config(_: Path, other: Path, env: Environment) -> None:
    write(Path(env["HOME"]) / ".terraformrc", MIRROR.replace("FOLDER", str(other)))


@pytest.mark.parametrize("change", [remove_the_mirror, change_variable, change_config])
def test_the_provider_is_searched_again_if_its_mirror_or_its_variables_change(
    tmp_path: Path, env: Environment, change: Callable[[Path, Path, Environment], None]
) -> None:
    first, other = put(tmp_path / "opt" / "a"), put(tmp_path / "opt" / "b", "5.90.0")
    assert resolve(tmp_path, env).mirror == first
    change(first, other, env)
    assert resolve(tmp_path, env) == Provider(mirror=other, version="5.90.0")


@pytest.mark.parametrize("content", ["", "garbage", "PROVIDER_FOUND_WITH=0\nPROVIDER_MIRROR="])
def test_a_memory_that_cannot_be_read_is_written_again(
    tmp_path: Path, env: Environment, content: str
) -> None:
    write(tmp_path / ".cache" / "provider.env", content)
    mirror = put(tmp_path / "opt" / "shared")
    assert resolve(tmp_path, env).mirror == mirror


def test_the_command_prints_version_mirror_and_the_skipped_lock(tmp_path: Path) -> None:
    assert str(Provider(mirror=tmp_path, version="5.100.0")) == (
        f"AWS provider 5.100.0 from the mirror {tmp_path}"
        " (no registry; the provider lock is skipped)"
    )


def test_terraform_gets_a_configuration_for_an_unknown_mirror(
    tmp_path: Path, env: Environment
) -> None:
    """Without a plugin cache: a provider that is in both cannot be installed onto itself."""
    mirror = put(tmp_path / "cache")
    env["TF_PLUGIN_CACHE_DIR"] = str(mirror)
    told = terraform_variables(tmp_path, env, resolve(tmp_path, env))
    assert told == {
        "MIRROR_AWS_PROVIDER_VERSION": "5.100.0",
        "TF_CLI_CONFIG_FILE": str(tmp_path / ".cache" / "terraform.rc"),
        "TF_PLUGIN_CACHE_DIR": "",
    }
    config = Path(told["TF_CLI_CONFIG_FILE"]).read_text(encoding="utf-8")
    assert re.findall(r'^ *path *= "(.*)"$', config, re.MULTILINE) == [str(mirror)]
    assert next(mirrors(env | told)) == mirror


@pytest.mark.parametrize("place", ["home/.terraform.d/plugins", "mirror"])
def test_terraform_gets_no_configuration_for_a_known_mirror(
    tmp_path: Path, env: Environment, place: str
) -> None:
    """A configuration that exists is kept."""
    mirror = put(tmp_path / place)
    if place == "mirror":
        env["TF_CLI_CONFIG_FILE"] = write(tmp_path / "rc", MIRROR.replace("FOLDER", str(mirror)))
    told = terraform_variables(tmp_path, env, resolve(tmp_path, env))
    assert told == {"MIRROR_AWS_PROVIDER_VERSION": "5.100.0"}


@pytest.mark.parametrize("online", [True, False])
def test_a_configuration_that_is_missing_is_replaced(
    tmp_path: Path, env: Environment, registry: Switch, *, online: bool
) -> None:
    """Terraform would warn about it at every command."""
    put(tmp_path / "home" / ".terraform.d" / "plugins")
    registry(on=online)
    env["TF_CLI_CONFIG_FILE"] = str(tmp_path / "missing")
    told = terraform_variables(tmp_path, env, resolve(tmp_path, env))
    ours = Path(told["TF_CLI_CONFIG_FILE"])
    assert ours == tmp_path / ".cache" / "terraform.rc"
    assert ours.read_text(encoding="utf-8") == ""
