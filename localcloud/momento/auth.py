"""Momento's HTTP API for roles and API keys.

See Momento: "HTTP API for Momento Roles" and "HTTP API for Momento API Keys".
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..errors import LocalCloudError
from .keys import ApiKeys, IssuedKey
from .roles import CUSTOM, SYSTEM, LocalRole, Permissions

LARGEST_PAGE = 100
NEVER = "never"

Authenticate = Callable[[Request], IssuedKey]
"""Returns the API key of a request, or raises the answer 401."""


class AuthService:
    """The part of the service that manages an account's roles and keys."""

    def __init__(self, keys: ApiKeys, authenticate: Authenticate) -> None:
        self._keys = keys
        self._authenticate = authenticate
        self.routes = [
            Route("/roles", self._list_roles, methods=["GET"]),
            Route("/roles", self._create_role, methods=["POST"]),
            Route("/roles/{role_id}", self._update_role, methods=["PUT"]),
            Route("/roles/{role_id}", self._delete_role, methods=["DELETE"]),
            Route("/api-keys", self._list_keys, methods=["GET"]),
            Route("/api-keys", self._create_key, methods=["POST"]),
            Route("/api-keys/{key_id}", self._revoke_key, methods=["DELETE"]),
        ]

    async def _list_roles(self, request: Request) -> Response:
        self._must_permit(request, "list")
        wanted = request.query_params.get("type")
        if wanted not in (None, SYSTEM, CUSTOM):
            raise HTTPException(400, f"type is {wanted!r}; use {SYSTEM} or {CUSTOM}")
        roles = [
            role.as_json() for role in self._keys.roles.values() if wanted in (None, role.kind)
        ]
        return _page(request, "roles", roles)

    async def _create_role(self, request: Request) -> Response:
        self._must_permit(request, "write")
        name, permissions, description = await self._role_of(request)
        return JSONResponse(self._keys.new_role(name, permissions, description).as_json())

    async def _update_role(self, request: Request) -> Response:
        self._must_permit(request, "write")
        role = self._custom_role(request)
        name, permissions, description = await self._role_of(request, but=role)
        changed = replace(
            role,
            name=name,
            permissions=Permissions(permissions),
            description=role.description if description is None else description,
        )
        self._keys.roles[role.role_id] = changed
        return JSONResponse(changed.as_json())

    async def _delete_role(self, request: Request) -> Response:
        self._must_permit(request, "write")
        role = self._custom_role(request)
        using = [key.as_json() for key in self._keys.keys.values() if key.role_id == role.role_id]
        if using:
            blocked = {"status": "blocked", "account_members": [], "invitations": []}
            return JSONResponse(blocked | {"api_keys": using})
        del self._keys.roles[role.role_id]
        return JSONResponse({"status": "deleted"})

    async def _list_keys(self, request: Request) -> Response:
        self._must_permit(request, "list")
        keys = [key.as_json() for key in self._keys.keys.values()]
        return _page(request, "key_info", keys)

    async def _create_key(self, request: Request) -> Response:
        self._must_permit(request, "write")
        body = await _body(request)
        role_id, description = _text(body, "role_id"), _text(body, "description")
        expiry = body.get("expiry")
        if expiry != NEVER and (not isinstance(expiry, int) or isinstance(expiry, bool)):
            raise HTTPException(
                400, f'expiry is {expiry!r}; use "{NEVER}" or seconds since the Unix epoch'
            )
        if expiry != NEVER and expiry <= time.time():
            raise HTTPException(400, f"expiry is {expiry}, which is in the past")
        if role_id not in self._keys.roles:
            raise HTTPException(404, f"there is no role {role_id!r}")
        key = self._keys.new_key(role_id, description, None if expiry == NEVER else expiry)
        return JSONResponse({"api_key": key.secret, "key_info": key.as_json()})

    async def _revoke_key(self, request: Request) -> Response:
        self._must_permit(request, "write")
        key_id = request.path_params["key_id"]
        if self._keys.keys.pop(key_id, None) is None:
            raise HTTPException(404, f"there is no API key {key_id!r}")
        return JSONResponse({})

    def _must_permit(self, request: Request, permission: str) -> None:
        caller = self._authenticate(request)
        if not self._keys.permissions(caller).permit("auth_management", permission):
            raise HTTPException(
                403, f"the API key's role does not grant {permission} of auth_management"
            )

    def _custom_role(self, request: Request) -> LocalRole:
        role = self._keys.roles.get(request.path_params["role_id"])
        if role is None:
            raise HTTPException(404, f"there is no role {request.path_params['role_id']!r}")
        if role.kind == SYSTEM:
            raise HTTPException(412, f"{role.name} is a system role, which cannot be changed")
        return role

    async def _role_of(
        self, request: Request, but: LocalRole | None = None
    ) -> tuple[str, Mapping[str, Any], str | None]:
        """Return the name, permissions and description in a request, if the name is not in use."""
        body = await _body(request)
        name, permissions = _text(body, "role_name"), body.get("permissions")
        description = body.get("description")
        if description is not None and not isinstance(description, str):
            raise HTTPException(400, f"description is {description!r}; it must be text")
        if not isinstance(permissions, Mapping) or "super_user" in permissions:
            raise HTTPException(400, "permissions is not an object with rules")
        try:
            Permissions(permissions)
        except LocalCloudError as error:
            raise HTTPException(400, str(error)) from None
        if any(role.name == name for role in self._keys.roles.values() if role is not but):
            raise HTTPException(409, f"a role with the name {name!r} already exists")
        return name, permissions, description


async def _body(request: Request) -> Mapping[str, Any]:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(400, "the Content-Type must be application/json")
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise HTTPException(400, "the body is not a JSON object")
    return body


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise HTTPException(400, f"{name} is {value!r}; it must be text")
    return value


def _page(request: Request, name: str, entries: Sequence[Mapping[str, Any]]) -> Response:
    """Return a page of entries. The next page's token is the number of its first entry."""
    limit = request.query_params.get("limit", str(LARGEST_PAGE))
    token = request.query_params.get("next_token", "0")
    if not limit.isdecimal() or not 1 <= int(limit) <= LARGEST_PAGE:
        raise HTTPException(400, f"limit is {limit!r}; use 1 to {LARGEST_PAGE}")
    if not token.isdecimal():
        raise HTTPException(400, f"next_token is {token!r}, which no page has")
    start, end = int(token), int(token) + int(limit)
    more = {"next_token": str(end)} if end < len(entries) else {}
    return JSONResponse({name: [*entries[start:end]], **more})
