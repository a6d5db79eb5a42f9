"""What the three distributions share: exact versions of each other, and where their files are.

hatchling calls these classes when it builds a wheel (`pyproject.toml` of each distribution names
this file). The version of all three is in the `pyproject.toml` at the root.
"""

import runpy
import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

ROOT = Path(__file__).resolve().parents[1]
WATCH = ROOT / "momento_pipes" / "watch" / "package.py"
FUNCTION = "momento_pipes/watch/function"
"""Where a wheel has the watch's modules of `live`."""


class Versions(MetadataHookInterface):
    """Writes the version into the requirements: the three are tested together only."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the dependencies from the hook's own list, in which `{version}` is replaced."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        metadata["dependencies"] = [
            text.format(version=project["version"]) for text in self.config["dependencies"]
        ]


class Sources(BuildHookInterface[Any]):
    """Adds the files of the package, which are outside of the distribution's own folder."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files, each with its name in the wheel; hatchling copies them.

        The hook's `folder` becomes the package `package`, but for the files in `without`. With
        `watch`, the package also gets the modules of the watch's Lambda function.
        """
        del version  # it says whether the build is an editable one
        folder, included = ROOT / self.config["folder"], build_data["force_include"]
        for file in sorted(folder.rglob("*")):
            name = file.relative_to(folder).as_posix()
            if file.is_dir() or "__pycache__" in name or name in self.config.get("without", ()):
                continue
            included[str(file)] = f"{self.config['package']}/{name}"
        if self.config.get("watch"):
            for name, file in runpy.run_path(str(WATCH))["live_sources"]():
                included[str(file)] = f"{FUNCTION}/{name}"
