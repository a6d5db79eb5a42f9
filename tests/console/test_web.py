"""The page's server, over the shop in each topology: events, items, letters, what if, security."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from console.guard import HEADERS, MOST_BYTES
from localcloud import LocalAws
from tests.console.running import SECRET, Shop, Visitor, running, served
from tests.console.shop import API_KEY, CACHE, ORDERS, PEOPLE, SALES, TOPOLOGIES, order
from tests.localcloud.arrivals import until

CHANGES = [
    ("PUT", "/api/items"),
    ("DELETE", "/api/items"),
    ("POST", "/api/items/random"),
    ("POST", "/api/form"),
    ("POST", "/api/form/refused"),
    ("POST", "/api/letters/replay"),
    ("POST", "/api/letters/discard"),
    ("POST", "/api/changes/1/replay"),
    ("POST", "/api/what-if"),
]

ONE = pytest.mark.parametrize("shop", TOPOLOGIES[:1], indirect=True)
"""For a test of what no topology has a part in."""


@pytest.fixture(scope="module", params=TOPOLOGIES)
def shop(request: pytest.FixtureRequest, local_aws: LocalAws, no_cloud: None) -> Iterator[Shop]:  # noqa: ARG001 - needed before
    """Return the shop, which runs."""
    with running(local_aws, request.param) as shop:
        yield shop


@pytest.fixture(scope="module")
def url(shop: Shop) -> Iterator[str]:
    """Serve the page."""
    with served(shop) as url:
        yield url


@pytest.fixture
def http(url: str) -> Iterator[httpx.Client]:
    """Return a client that sends what the page would."""
    with httpx.Client(base_url=url, headers={"Origin": url}, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def visitor(url: str) -> Iterator[Visitor]:
    """Return an open page of the sales."""
    with Visitor(url, SALES) as visitor:
        visitor.wait("ready")
        yield visitor


def route(http: httpx.Client, operation: str) -> str:
    """Return the id of the route of an operation."""
    for pipeline in http.get("/api/model").json()["pipelines"]:
        for one in pipeline["routes"]:
            if pipeline["name"] == SALES and one["operation"] == operation:
                return str(one["id"])
    raise AssertionError(operation)


def settled(visitor: Visitor, key: str) -> Any:
    """Wait for an item's change to be settled; return the row."""
    return visitor.wait("change", lambda row: row["key"] == key and row["settled"])


def run(http: httpx.Client, visitor: Visitor, job: str, letters: Sequence[str]) -> None:
    """Replay or discard letters, and wait for the end: there is one job at a time."""
    before = len(visitor.of("progress"))
    body = {"pipeline": SALES, "letters": letters}
    assert http.post(f"/api/letters/{job}", json=body).json() == {"started": True}
    until(lambda: [one for one in visitor.of("progress")[before:] if one["finished"]])


def test_the_model_has_every_pipeline(http: httpx.Client) -> None:
    model = http.get("/api/model").json()
    assert [one["name"] for one in model["pipelines"]] == [PEOPLE, SALES]
    assert model["local"] is True
    sales = model["pipelines"][1]
    assert sales["table"]["key"] == [
        {"name": "Customer", "type": "S", "role": "HASH"},
        {"name": "OrderId", "type": "S", "role": "RANGE"},
    ]
    known = {node["id"] for node in sales["nodes"]}
    assert {edge[end] for edge in sales["edges"] for end in ("from", "to")} == known


def test_a_written_item_is_seen_until_it_is_in_sync(http: httpx.Client, visitor: Visitor) -> None:
    given = {"Customer": "Ada", "OrderId": "seen", "Status": "open", "Amount": 7.50, "Keep": 60}
    answer = http.put("/api/items", json={"pipeline": SALES, "item": given})
    assert answer.json()["written"] == ["Ada seen"]
    row = visitor.wait("change", lambda row: row["key"] == "Ada seen" and row["settled"])
    states = {id_: cell["state"] for id_, cell in row["cells"].items()}
    assert states == {
        route(http, "cache-put"): "delivered",
        route(http, "topic-publish"): "delivered",
        route(http, "cache-delete"): "filtered",
    }
    assert 0 <= row["seconds"] < 60
    # The entry may be seen before its put is known to be delivered, which tells when it expires.
    ended = ("Ada seen", "in sync", True)
    item = visitor.wait(
        "item", lambda one: (one["key"], one["state"], one["expires"] is not None) == ended
    )
    assert json.loads(item["cache"]["text"]) == {"id": "seen", "due": {"amount": "7.5"}}
    assert item["expires"] > row["at"]
    message = visitor.wait("message", lambda one: one.get("change") == row["id"])
    assert message["json"]["OrderId"] == "seen"
    detail = http.get(f"/api/changes/{row['id']}").json()
    put = detail["routes"][route(http, "cache-put")]
    url = "".join(piece["text"] for piece in put["request"]["url"])
    assert url.startswith("https://")
    assert "key=seen" in url
    assert "ttl_seconds=60" in url
    origins = [one["origin"]["expression"] for one in put["request"]["url"] if one["origin"]]
    assert origins
    assert "$MOMENTO_API_KEY" in put["curl"]
    left_out = detail["routes"][route(http, "cache-delete")]
    causes = ("The filter leaves it out: ", "The workflow sends no such request")
    assert left_out["summary"]["cause"].startswith(causes)
    counts = visitor.wait("counts", lambda one: one[route(http, "cache-put")]["delivered"] >= 1)
    assert counts[route(http, "cache-put")]["p50"] > 0


def test_a_poison_item_is_found_mended_and_replayed(http: httpx.Client, visitor: Visitor) -> None:
    poison = {"Customer": "Bo", "OrderId": "bad", "Status": "open", "Amount": 1, "Keep": 0}
    http.put("/api/items", json={"pipeline": SALES, "item": poison})
    put = route(http, "cache-put")
    row = visitor.wait("change", lambda row: row["key"] == "Bo bad" and row["failed"])
    assert row["cells"][put]["state"] == "refused"
    item = visitor.wait("item", lambda one: one["key"] == "Bo bad" and one["state"] == "refused")
    assert item["change"] == row["id"]
    told = http.get(f"/api/changes/{row['id']}").json()["routes"][put]
    assert "ttl_seconds must be 1 to 86400; it comes from `Keep` = 0" in told["summary"]["cause"]
    assert told["summary"]["next"]
    read = [piece["origin"]["path"] for piece in told["request"]["url"] if piece["origin"]]
    assert ["NewImage", "Keep", "N"] in [path[-3:] for path in read if path]
    assert [piece["text"] for piece in told["request"]["body"] if piece["origin"]]
    letters = visitor.wait(
        "letters", lambda one: any(x["item"] == "Bo bad" for x in one["letters"])
    )
    (letter,) = [one for one in letters["letters"] if one["item"] == "Bo bad"]
    assert (letter["route"], letter["change"], letter["replay"]) == (put, row["id"], True)
    assert letter["reason"] == "Momento refused it: ttl_seconds must be 1 to 86400"
    assert letter["arrived"] == row["at"], "with milliseconds, which a letter does not have"
    http.put("/api/items", json={"pipeline": SALES, "item": poison | {"Keep": 60}})
    visitor.wait("item", lambda one: one["key"] == "Bo bad" and one["state"] == "in sync")
    run(http, visitor, "replay", [letter["id"]])
    visitor.wait("letters", lambda one: not any(x["item"] == "Bo bad" for x in one["letters"]))
    mended = visitor.wait("change", lambda one: "replayed" in one["cells"].get(put, {}))
    assert (mended["id"], mended["failed"]) == (row["id"], False)


def test_retries_are_told_while_they_happen(
    shop: Shop, http: httpx.Client, visitor: Visitor
) -> None:
    shop.arrivals.answer("busy", 503, 503)
    given = order(OrderId="busy", Customer="Cy")
    http.put("/api/items", json={"pipeline": SALES, "item": given})
    row = visitor.wait("change", lambda row: row["key"] == "Cy busy" and row["settled"])
    put = route(http, "cache-put")
    assert row["cells"][put]["state"] == "delivered"
    detail = http.get(f"/api/changes/{row['id']}").json()["routes"][put]
    assert [one["status"] for one in detail["responses"]] == [503, 503, 204]
    assert "wait" in [bar["label"] for bar in detail["timeline"]]


def test_letter_of_a_bulk_run_has_its_item_and_is_replayed(
    shop: Shop, http: httpx.Client, visitor: Visitor
) -> None:
    """It has no change: a run reads the table, and not the stream."""
    item = order(OrderId="bulk", Customer="Hu")
    keys = {name: item[name] for name in ("Customer", "OrderId")}
    shop.put(ORDERS, item)
    visitor.wait("item", lambda one: one["key"] == "Hu bulk" and one["state"] == "in sync")
    machine = f"arn:aws:states:us-east-1:123456789012:stateMachine:{SALES}-bulk-put-page"
    body = {
        "stateMachine": machine,
        "error": "States.Http.StatusCode.400",
        "cause": "no",
        "request": {"method": "PUT", "endpoint": "", "query": {}, "body": ""},
        "record": {"eventID": "1", "eventName": "INSERT", "dynamodb": {"Keys": keys}},
    }
    others = body | {"stateMachine": machine.replace(SALES, "another")}
    queue = next(url for url in shop.sqs.list_queues()["QueueUrls"] if SALES in url)
    for one in (body, others):
        shop.sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(one))
    told = visitor.wait("letters", lambda one: len(one["letters"]) > 1 and "Hu bulk" in str(one))[
        "letters"
    ]
    (letter,) = [one for one in told if one["item"] == "Hu bulk"]
    assert letter["reason"] == (
        "warm --on-aws could not put the item: States.Http.StatusCode.400: no"
    )
    assert (letter["route"], letter["change"]) == (route(http, "cache-put"), None)
    assert (letter["key_item"], letter["replay"]) == (keys, True)
    (foreign,) = [one for one in told if not one["item"]]
    assert "not a dead letter of this pipeline: it comes from another" in foreign["reason"]
    assert not foreign["replay"]
    before = len(shop.arrivals.of("bulk"))
    run(http, visitor, "replay", [letter["id"]])
    visitor.wait("letters", lambda one: [x["id"] for x in one["letters"]] == [foreign["id"]])
    assert len(shop.arrivals.of("bulk")) == before + 1
    run(http, visitor, "discard", [foreign["id"]])
    until(lambda: not visitor.of("letters")[-1]["letters"])


def test_letters_are_discarded(shop: Shop, http: httpx.Client, visitor: Visitor) -> None:
    shop.arrivals.answer("gone", Response("no", status_code=400))
    http.put("/api/items", json={"pipeline": SALES, "item": order(OrderId="gone", Customer="Di")})
    row = visitor.wait("change", lambda row: row["key"] == "Di gone" and row["failed"])
    letters = visitor.wait(
        "letters", lambda one: any(x["item"] == "Di gone" for x in one["letters"])
    )
    ids = [one["id"] for one in letters["letters"] if one["item"] == "Di gone"]
    run(http, visitor, "discard", ids)
    visitor.wait("letters", lambda one: not any(x["item"] == "Di gone" for x in one["letters"]))
    put = route(http, "cache-put")
    after = visitor.wait("change", lambda one: one["cells"][put]["state"] == "discarded")
    assert (after["id"], after["failed"]) == (row["id"], False)


def test_what_if_shows_what_a_narrowed_filter_leaves_out(
    http: httpx.Client, visitor: Visitor
) -> None:
    put = route(http, "cache-put")
    for name, amount in (("small", 1), ("large", 900)):
        given = {"Customer": "Ed", "OrderId": name, "Status": "open", "Amount": amount, "Keep": 9}
        http.put("/api/items", json={"pipeline": SALES, "item": given})
        settled(visitor, f"Ed {name}")
    model = http.get("/api/model").json()["pipelines"][1]
    (found,) = [one for one in model["routes"] if one["id"] == put]
    narrowed = [
        text.replace('"Status"', '"OrderId":{"S":["large"]},"Status"', 1)
        for text in found["filters"]
    ]
    asked = {"pipeline": SALES, "route": put, "edited": {"filters": narrowed}, "records": "last"}
    answer = http.post("/api/what-if", json=asked).json()
    assert answer["problems"] == []
    fates = {row["key"]: (row["old"]["state"], row["new"]["state"]) for row in answer["rows"]}
    assert fates["Ed small"] == ("sent", "filtered")
    assert fates["Ed large"] == ("sent", "sent")
    assert answer["rows"][0]["differs"]
    broken = asked | {"edited": {"filters": ['{\n "eventName": ["INSERT"']}}
    (problem,) = http.post("/api/what-if", json=broken).json()["problems"]
    assert problem.startswith("filter 1, line 2, column")


@ONE
def test_a_wrong_item_is_refused_by_the_names_of_its_key(http: httpx.Client) -> None:
    for item, name, part in (
        ({"Customer": "Ada"}, "OrderId", "it is missing"),
        ({"Customer": "Ada", "OrderId": " "}, "OrderId", "it is empty"),
        ({"Customer": 5, "OrderId": "1"}, "Customer", "it is a number"),
        ({"Customer": "a" * 2_049, "OrderId": "1"}, "Customer", "2,049 bytes"),
    ):
        answer = http.put("/api/items", json={"pipeline": SALES, "item": item})
        assert answer.status_code == 400
        assert part in answer.json()["fields"][name]
    text = '{"pipeline": "x",\n "item": {]'
    headers = {"Content-Type": "application/json"}
    answer = http.put("/api/items", content=text, headers=headers)
    assert "line 2, column" in answer.json()["error"]


@ONE
def test_an_item_is_deleted_and_leaves_the_page(http: httpx.Client, visitor: Visitor) -> None:
    http.put("/api/items", json={"pipeline": SALES, "item": order(OrderId="left", Customer="Fe")})
    visitor.wait("item", lambda one: one["key"] == "Fe left" and one["state"] == "in sync")
    key = {"Customer": "Fe", "OrderId": "left"}
    body = json.dumps({"pipeline": SALES, "key": key}).encode()
    headers = {"Content-Type": "application/json"}
    answer = http.request("DELETE", "/api/items", content=body, headers=headers)
    assert answer.json() == {"deleted": "Fe left"}
    visitor.wait("item-gone", lambda one: one["key"] == "Fe left")
    again = http.request("DELETE", "/api/items", content=body, headers=headers)
    assert again.status_code == 404


@ONE
def test_any_key_is_looked_at(shop: Shop, http: httpx.Client) -> None:
    shop.put(ORDERS, order(OrderId="shut", Customer="Gil", Status="shipped"))
    key = json.dumps({"Customer": "Gil", "OrderId": "shut"})
    found = http.get("/api/items", params={"pipeline": SALES, "key": key}).json()
    assert (found["state"], found["expected"], found["cache"]) == ("filtered out", None, "unknown")
    assert found["table"]["Status"] == {"S": "shipped"}


@ONE
def test_random_items_are_like_those_of_the_table(http: httpx.Client, visitor: Visitor) -> None:
    example = http.get("/api/items/example", params={"pipeline": PEOPLE}).json()
    assert set(example["typed"]) == {"Name", "Age"}
    answer = http.post("/api/items/random", json={"pipeline": SALES, "count": 2})
    assert len(answer.json()["written"]) == 2
    for key in answer.json()["written"]:
        settled(visitor, key)
    for count in (0, 101, True, "2"):
        refused = http.post("/api/items/random", json={"pipeline": SALES, "count": count})
        assert refused.status_code == 400


def test_a_change_is_sent_again(shop: Shop, http: httpx.Client, visitor: Visitor) -> None:
    http.put("/api/items", json={"pipeline": SALES, "item": order(OrderId="twice", Customer="Hu")})
    row = visitor.wait("change", lambda row: row["key"] == "Hu twice" and row["settled"])
    put = route(http, "cache-put")
    before = len(shop.arrivals.of("twice"))
    answer = http.post(f"/api/changes/{row['id']}/replay", json={"route": put})
    assert answer.json() == {"text": "The PUT was sent again."}
    assert [one.method for one in shop.arrivals.of("twice")[before:]].count("PUT") == 1
    assert http.post("/api/changes/none/replay", json={"route": put}).status_code == 404


@ONE
def test_a_page_continues_where_its_connection_broke(
    url: str, http: httpx.Client, visitor: Visitor
) -> None:
    http.put("/api/items", json={"pipeline": SALES, "item": order(OrderId="on", Customer="Ix")})
    row = visitor.wait("change", lambda row: row["key"] == "Ix on" and row["settled"])
    ids = [id_ for id_, name, _ in visitor.events if id_ and name != "ready"]
    with Visitor(url, SALES, last=ids[0]) as again:
        until(lambda: newest(again, row["id"]) == newest(visitor, row["id"]))
        assert again.of("reset") == []
    with Visitor(url, SALES, last="other-1") as fresh:
        fresh.wait("ready")
        assert fresh.of("reset") == [{}]
        until(lambda: newest(fresh, row["id"]) == newest(visitor, row["id"]))


def newest(visitor: Visitor, id_: str) -> Any:
    """Return what a page was told last of a change; a settled change can still get an answer."""
    return next((one for one in reversed(visitor.of("change")) if one["id"] == id_), None)


def test_health_tells_of_each_part(visitor: Visitor) -> None:
    parts = ("aws", "momento", "runner", "pipes", "connection")
    found = visitor.wait("health", lambda one: all(one[x]["state"] == "ok" for x in parts))
    assert found["pipes"]["text"].endswith("running")


@ONE
def test_older_changes_are_asked_for(http: httpx.Client) -> None:
    query = {"pipeline": SALES, "limit": "2"}
    first = http.get("/api/changes", params=query).json()["rows"]
    second = http.get("/api/changes", params=query | {"before": first[-1]["id"]}).json()["rows"]
    orders = [row["order"] for row in [*first, *second]]
    assert orders == sorted(orders, reverse=True)
    assert http.get("/api/changes", params=query | {"limit": "many"}).status_code == 400


@ONE
def test_changes_come_from_the_page_only(url: str) -> None:
    with httpx.Client(base_url=url, timeout=60) as stranger:
        for method, path in CHANGES:
            for headers in (
                {},
                {"Origin": "http://evil.example"},
                {"Origin": url, "Content-Type": "text/plain"},
            ):
                answer = stranger.request(method, path, content=b"{}", headers=headers)
                assert answer.status_code == 403, (method, path)
        assert stranger.get("/api/model", headers={"Host": "evil.example"}).status_code == 400


def test_every_answer_has_the_headers_and_no_key(
    url: str, http: httpx.Client, visitor: Visitor
) -> None:
    for path in ("/api/model", "/api/changes", "/nothing"):
        answer = http.get(path)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
    with Visitor(url, PEOPLE) as other:
        other.wait("ready")
    told = json.dumps(visitor.events) + http.get("/api/model").text
    for id_ in {row["id"] for row in visitor.of("change")[-20:]}:
        told += http.get(f"/api/changes/{id_}").text
    assert API_KEY not in told
    assert SECRET not in told
    assert CACHE in told


@ONE
def test_a_long_body_is_refused(http: httpx.Client) -> None:
    body = b'{"item": "' + b"x" * MOST_BYTES + b'"}'
    headers = {"Content-Type": "application/json"}
    assert http.put("/api/items", content=body, headers=headers).status_code == 413
