"""What the stack does with an order: without a cloud, and on the local cloud."""

from eventpipes import Requests
from eventpipes.outcomes import outcomes
from momento_pipes.judgement import judgement
from momento_pipes_local.running_stack import RunningStack

SHIPPED = {
    "eventID": "1",
    "eventName": "MODIFY",
    "dynamodb": {
        "SequenceNumber": "1",
        "Keys": {"OrderId": {"S": "1007"}},
        "OldImage": {"OrderId": {"S": "1007"}, "Status": {"S": "open"}},
        "NewImage": {"OrderId": {"S": "1007"}, "Status": {"S": "shipped"}},
    },
}


def test_shipped_order_is_deleted_from_the_cache_and_not_published(document: str) -> None:
    (outcome,) = outcomes(document, SHIPPED).values()
    assert isinstance(outcome, Requests)
    assert [request.method for request in outcome.requests] == ["DELETE"]


def test_aws_accepts_the_stack(document: str) -> None:
    assert judgement.check(document).errors == []


def test_open_order_is_cached_until_it_is_shipped(shop: RunningStack) -> None:
    shop.write({"OrderId": "1007", "Status": "open", "Total": 12.5})
    assert shop.cached("1007") == {"OrderId": "1007", "Status": "open", "Total": "12.5"}
    assert shop.messages("orders") == [{"EventType": "INSERT", "OrderId": "1007", "Status": "open"}]
    shop.write({"OrderId": "1007", "Status": "shipped", "Total": 12.5})
    assert shop.cached("1007") is None
    assert shop.dead_letters() == []
