"""The requests of the page, other than its events: the contract is in docs/console.md."""

import asyncio
import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as Path

from console.board import Board
from console.boards import Boards
from console.cell import DELIVERED
from console.detail import detail
from console.errors import ConsoleError, NotThereError
from console.example import random_item
from console.jobs import Chosen, Jobs
from console.send_again import send_again
from console.what_if import pasted, what_if
from console.writing import item_of, key_of, parse_json, parse_value, put
from live.aws import asking_aws
from live.items import Item, NumberText, key_text
from live.route import Route
from live.written_item import plain

MOST_RANDOM: Final = 100
MOST_ROWS: Final = 500
EXAMPLES: Final = 20
"""Items of the table that an example may be like."""


class Api:
    """The requests about the boards."""

    def __init__(self, boards: Boards) -> None:
        self._boards = boards
        self._jobs: dict[str, Jobs] = {}
        self.routes = [
            Path("/api/model", self._model),
            Path("/api/changes", self._changes),
            Path("/api/changes/{id}", self._change),
            Path("/api/changes/{id}/replay", self._send_again, methods=["POST"]),
            Path("/api/items", self._item, methods=["GET"]),
            Path("/api/items", self._put, methods=["PUT"]),
            Path("/api/items", self._delete, methods=["DELETE"]),
            Path("/api/items/random", self._random, methods=["POST"]),
            Path("/api/items/example", self._example),
            Path("/api/form", self._form, methods=["POST"]),
            Path("/api/form/{action}", self._form, methods=["POST"]),
            Path("/api/letters/replay", partial(self._begin, Jobs.replay), methods=["POST"]),
            Path("/api/letters/discard", partial(self._begin, Jobs.discard), methods=["POST"]),
            Path("/api/what-if", self._what_if, methods=["POST"]),
        ]

    async def _model(self, _: Request) -> Response:
        return JSONResponse(self._boards.model())

    # -- changes

    async def _changes(self, request: Request) -> Response:
        query = request.query_params
        text = query.get("limit", "100")
        limit = _number("limit", int(text) if text.isdecimal() else text, MOST_ROWS)
        board = self._boards.get(query.get("pipeline"))
        with board.lock:
            changes = board.store.rows(
                before=query.get("before"), limit=limit, failed=query.get("failed") == "true"
            )
            return JSONResponse({"rows": [change.row() for change in changes]})

    async def _change(self, request: Request) -> Response:
        id_ = request.path_params["id"]
        board = self._boards.of_change(id_)

        def read() -> dict[str, Any]:
            with board.lock:
                change = board.store.get(id_)
                if change is None:
                    raise NotThereError("this change is not known any more")
                return detail(
                    change,
                    board.routing,
                    redirect=board.deployment.redirect,
                    letters=board.letters.of_change(id_),
                )

        return JSONResponse(await asyncio.to_thread(read))

    async def _send_again(self, request: Request) -> Response:
        id_, name = request.path_params["id"], (await _object(request)).get("route")
        board = self._boards.of_change(id_)
        change, route = board.store.get(id_), _route(board, name)
        if change is None or change.record is None:
            raise NotThereError("the record of this change is not kept any more")
        record = change.record

        def send() -> str:
            with asking_aws():
                return send_again(board.deployment, board.momento, route, record)

        said = await asyncio.to_thread(send)
        board.settle(change.sequence_number, str(name), "sent again from the page", DELIVERED)
        return JSONResponse({"text": said})

    # -- items

    async def _item(self, request: Request) -> Response:
        board = self._boards.get(request.query_params.get("pipeline"))
        given = parse_json(request.query_params.get("key", "").encode())
        key = key_of(given, board.deployment.table)
        return JSONResponse(await asyncio.to_thread(board.items.look, key))

    async def _put(self, request: Request) -> Response:
        given = await _typed_object(request)
        board, item = self._board_of(given), given.get("item")
        if isinstance(text := given.get("text"), str):
            item = parse_json(text.encode())
        return await self._write(board, [item_of(item, board.deployment.table)])

    async def _delete(self, request: Request) -> Response:
        given = await _typed_object(request)
        board = self._board_of(given)
        table = board.deployment.table
        key = key_of(given.get("key"), table)

        def delete() -> bool:
            with asking_aws(f"table {table.name}"):
                return table.delete(key)

        if not await asyncio.to_thread(delete):
            raise NotThereError(f"there is no item {key_text(key)} in the table {table.name}")
        board.items.touch(key, written=True)
        return JSONResponse({"deleted": key_text(key)})

    async def _random(self, request: Request) -> Response:
        given = await _object(request)
        board = self._board_of(given)
        count = _number("count", given.get("count", 1), MOST_RANDOM)
        items = await asyncio.to_thread(self._random_items, board, count)
        return await self._write(board, items)

    async def _example(self, request: Request) -> Response:
        board = self._boards.get(request.query_params.get("pipeline"))
        (item,) = await asyncio.to_thread(self._random_items, board, 1)
        values = {name: plain(value) for name, value in item.items()}
        return JSONResponse({"item": values, "typed": item})

    def _random_items(self, board: Board, count: int) -> list[Item]:
        table = board.deployment.table
        with asking_aws(f"table {table.name}"):
            keys, _ = table.page(size=EXAMPLES)
            known = [item for key in keys if (item := table.read(key)) is not None]
        return [random_item(table, board.deployment.routes, known) for _ in range(count)]

    async def _form(self, request: Request) -> Response:
        given = await _object(request)
        board, values = self._board_of(given), given.get("values") or {}
        form, action = board.form, request.path_params.get("action")
        if form is None:
            raise NotThereError(f"the pipeline {board.name} has no form: write an item")
        if not isinstance(values, dict):
            raise ConsoleError("values are an object: the name of each field, and its value")
        items = [form.parse(values)] if action is None else form.act(action, values)
        return await self._write(board, items)

    async def _write(self, board: Board, items: Sequence[Item]) -> Response:
        table = board.deployment.table

        def write() -> None:
            with asking_aws(f"table {table.name}"):
                for item in items:
                    put(item, table)
                    board.items.touch(table.key_of(item), written=True)

        await asyncio.to_thread(write)
        keys = [table.key_of(item) for item in items]
        return JSONResponse({"written": [key_text(key) for key in keys], "keys": keys})

    # -- letters

    async def _begin(self, job: Callable[[Jobs, Chosen], None], request: Request) -> Response:
        board, chosen = self._letters(await _object(request))
        job(self._jobs_of(board), chosen)
        return JSONResponse({"started": True})

    def _letters(self, given: dict[str, Any]) -> tuple[Board, Chosen]:
        letters = given.get("letters")
        if letters == "all":
            return self._board_of(given), None
        if not isinstance(letters, list) or not all(isinstance(letter, str) for letter in letters):
            raise ConsoleError('letters are a list of ids, or "all"')
        if not letters:
            raise ConsoleError("choose a letter, or all of them")
        return self._board_of(given), set(letters)

    def _jobs_of(self, board: Board) -> Jobs:
        jobs = self._jobs.get(board.name)
        if jobs is None or jobs.board is not board:  # its pipeline was removed, and came again
            jobs = self._jobs[board.name] = Jobs(board)
        return jobs

    # -- what if

    async def _what_if(self, request: Request) -> Response:
        given = await _object(request)
        board = self._board_of(given)
        route, edited = _route(board, given.get("route")), given.get("edited") or {}
        if not isinstance(edited, dict):
            raise ConsoleError("edited is an object: filters, template, parameters, expressions")
        limit = _number("limit", given.get("limit", 100), MOST_ROWS)
        wanted = given.get("records", "last")
        if wanted == "last":
            with board.lock:
                changes = board.store.rows(limit=limit)
            records = [change.record for change in changes if change.record is not None]
        else:
            is_text = isinstance(wanted, dict) and isinstance(wanted.get("text"), str)
            records = pasted(parse_value(wanted["text"]) if is_text else wanted)
        keys = board.deployment.table.keys
        results = await asyncio.to_thread(what_if, route, edited, records, keys)
        return JSONResponse(results)

    def _board_of(self, given: dict[str, Any]) -> Board:
        name = given.get("pipeline")
        return self._boards.get(name if isinstance(name, str) else None)


def _route(board: Board, name: object) -> Route:
    routes = board.routing.routes
    if name not in routes:
        raise NotThereError(f"there is no route {name!r}; there are {', '.join(routes)}")
    return routes[str(name)]


def _number(name: str, value: object, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ConsoleError(f"{name} is {value!r}; write a whole number from 1 to {most}")
    return value


async def _object(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request's body."""
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise ConsoleError("the request's body is not a JSON object")
    return body


async def _typed_object(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request's body, whose numbers keep their digits."""
    values = parse_json(await request.body())
    return {
        name: value.text if isinstance(value, NumberText) else value
        for name, value in values.items()
    }
