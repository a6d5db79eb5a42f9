"""The boards of all pipelines of the stack, and what follows for all of them."""

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from console.board import Board
from console.errors import NotThereError
from console.followers import in_background
from console.form import Form
from console.model import broken_pipeline
from console.settings import ConsoleSettings
from console.store import Step
from live.aws import Aws, asking_aws
from live.deliveries import Feed
from live.deployment import Deployment
from live.errors import LiveError
from live.execution_logs import ExecutionLogs
from live.pipelines import list_pipelines, of_stack, shared_name
from live.step import Steps

TICK_SECONDS: Final = 0.02
"""How long changes of rows are collected before they are sent."""
MORE_SECONDS: Final = 0.2
"""When to look again, if something is still to be sent."""
RETRY_SECONDS: Final = 1.0
MODEL_SECONDS: Final = 5.0
MODEL_SECONDS_ON_AWS: Final = 60.0
"""How often what is deployed is read again, while a page looks."""
Json = dict[str, Any]


class Boards:
    """The pipelines of one stack, on one cloud.

    Raises:
        LiveError: no pipeline of the stack is deployed, or AWS cannot be asked.

    """

    def __init__(self, settings: ConsoleSettings, forms: Sequence[Form] = ()) -> None:
        self.settings = settings
        self._forms = {form.table: form for form in forms}
        self._aws = Aws(settings.stack.region)
        self._boards: dict[str, Board] = {}
        self._broken: dict[str, str] = {}
        self._followed: set[str] = set()
        self._stop = threading.Event()
        self._news = threading.Event()
        self._opened = threading.Event()
        self._lock = threading.Lock()
        self._read()
        if not self._boards and not self._broken:
            raise LiveError(
                f"no pipeline of the stack {settings.stack.stack} is deployed: run ./help.sh"
                " deploy, or ./help.sh up on this machine; or set STACK to what is deployed"
            )

    def start(self) -> None:
        """Begin to follow, in threads that end with the process."""
        in_background("tick", self._tick)
        in_background("model", self._follow_model)
        if self.settings.feed:
            in_background("feed", self._follow, Feed(self.settings.feed))
        for board in self._boards.values():
            board.start()

    def stop(self) -> None:
        """End after the work in hand."""
        self._stop.set()
        self._news.set()
        self._opened.set()
        with self._lock:  # a board is made before, and stopped here, or it is not made
            for board in self._boards.values():
                board.stop()

    def get(self, name: str | None) -> Board:
        """Return the board of a pipeline; without a name, the first.

        Raises:
            NotThereError: there is no such pipeline, or no pipeline at all.

        """
        with self._lock:
            if not name and self._boards:
                return next(iter(self._boards.values()))
            if name in self._boards:
                return self._boards[name]
            if name in self._broken:
                raise NotThereError(f"the pipeline {name} cannot be read: {self._broken[name]}")
            known = ", ".join(self._boards) or "none"
        raise NotThereError(f"there is no pipeline {name!r}; there are {known}")

    def of_change(self, id_: str) -> Board:
        """Return the board that has a change.

        Raises:
            NotThereError: no board has the change, or it is not kept any more.

        """
        for board in self._boards.values():
            with board.lock:
                if board.store.get(id_) is not None:
                    return board
        raise NotThereError(
            "this change is not known any more: the page keeps the last changes, and those since"
            " its server began"
        )

    def model(self) -> Json:
        """Return what is deployed, for the page."""
        with self._lock:
            models = {name: board.model for name, board in self._boards.items()}
            models |= {name: broken_pipeline(name, why) for name, why in self._broken.items()}
        return {
            "stack": self.settings.stack.stack,
            "cloud": self.settings.cloud,
            "local": self.settings.is_local,
            "page": "1",
            "pipelines": [models[name] for name in sorted(models)],
        }

    def open(self, board: Board) -> None:
        """Note that a page looks at a pipeline."""
        board.open()
        if not self.settings.feed:
            self._follow_logs(board)
            self._opened.set()

    def wake(self) -> None:
        """Send the changes soon."""
        self._news.set()

    # -- what is deployed

    def _read(self) -> bool:
        """Read what is deployed; return whether it has changed."""
        stack = self.settings.stack
        with asking_aws():
            pipelines = of_stack(
                list_pipelines(self._aws.client("pipes"), stack.name_prefix),
                stack.name_prefix,
                stack=stack.stack,
                shared_name=lambda prefix: shared_name(prefix, self._aws.client),
            )
        changed = False
        for name in pipelines:
            changed |= self._enter(name)
        for name in self._boards.keys() - pipelines.keys():
            if self._boards[name].hub.watched:
                continue  # its health says that the pipes are gone, and they may come back
            with self._lock:
                self._boards.pop(name).stop()
            changed = True
        return changed

    def _enter(self, name: str) -> bool:
        deployment = Deployment(self.settings.stack, name)
        try:
            deployment.__enter__()
        except LiveError as error:
            changed = self._broken.get(name) != str(error)
            with self._lock:
                self._broken[name] = str(error)
            return changed
        with self._lock:
            if self._stop.is_set():
                deployment.__exit__(None, None, None)
                return False
            was_broken = self._broken.pop(name, None) is not None
            board = self._boards.get(name)
            if board is None:
                form = self._forms.get(deployment.table.name)
                board = self._boards[name] = Board(self.settings, deployment, form)
                if self._followed:
                    board.start()
                return True
        return board.renew(deployment) or was_broken

    def _follow_model(self) -> None:
        self._followed.add("model")
        seconds = MODEL_SECONDS if self.settings.is_local else MODEL_SECONDS_ON_AWS
        while not self._stop.wait(seconds):
            boards = list(self._boards.values())
            if not any(board.hub.watched for board in boards):
                continue
            try:
                changed = self._read()
            except LiveError as error:
                self._problem("model", str(error))
                continue
            self._problem("model", None)
            if changed:
                model = self.model()
                for board in self._boards.values():
                    board.hub.tell("model", model)

    # -- changes

    def apply(self, step: Step) -> None:
        """Take a step; it is of one pipeline, or of another stack."""
        for board in list(self._boards.values()):
            board.apply(step)
        self._news.set()

    def _tick(self) -> None:
        """Tell changes soon after they come, several together; wait while there are none."""
        more = False
        while not self._stop.is_set():
            self._news.wait(MORE_SECONDS if more else None)
            self._stop.wait(TICK_SECONDS)
            self._news.clear()
            left = [board.flush() for board in list(self._boards.values())]
            more = any(left)

    def _follow_logs(self, board: Board) -> None:
        """Follow the log groups of a pipeline, once a page has looked at it."""
        groups = {route.reader.logging.log_group_arn for route in board.routing.routes.values()}
        for arn in groups - {None}:
            name = str(arn).partition(":log-group:")[2].removesuffix(":*")
            if name not in self._followed:
                self._followed.add(name)
                logs = ExecutionLogs(self._aws, name)
                in_background("logs", self._follow, logs, self._wait_for_a_page)
        if groups == {None}:
            board.problem(
                "changes",
                "the pipes have no log group, so the page does not see what they do: set"
                " PIPE_LOG_LEVEL to INFO, and deploy",
            )

    def _wait_for_a_page(self) -> None:
        """Wait while nobody looks; the logs are read from there on."""
        while not (
            self._stop.is_set() or any(board.hub.watched for board in self._boards.values())
        ):
            self._opened.clear()
            self._opened.wait(MODEL_SECONDS)

    def _follow(self, source: Steps, pause: Callable[[], None] = lambda: None) -> None:
        while not self._stop.is_set():
            try:
                for step in source.steps(self._stop):
                    self._problem("changes", None)
                    if step is None:
                        pause()
                    else:
                        self.apply(step)
            except LiveError as error:
                self._problem("changes", str(error))
            self._stop.wait(RETRY_SECONDS)

    def _problem(self, about: str, text: str | None) -> None:
        for board in list(self._boards.values()):
            board.problem(about, text)
