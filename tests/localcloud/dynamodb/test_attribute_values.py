"""moto's answers with attribute values: the quick way gives the same bytes as moto's own."""

from datetime import UTC, datetime
from typing import Any

import pytest
from moto.core.serialize import BaseJSONSerializer, XFormedAttributePicker, get_serializer_class
from moto.core.utils import get_service_model

from localcloud.dynamodb import attribute_values
from tests.each import each

IMAGE = {
    "text": {"S": "été"},
    "nothing": {"S": ""},
    "number": {"N": "1E-130"},
    "bytes": {"B": b"\x00\xff"},
    "sets": {"M": {"S": {"SS": ["a", "b"]}, "N": {"NS": ["1"]}, "B": {"BS": [b"a"]}}},
    "list": {"L": [{"BOOL": False}, {"NULL": True}, {"M": {}}, {"L": []}, {"S": "S"}]},
}
STREAM = {
    "StreamViewType": "NEW_AND_OLD_IMAGES",
    "ApproximateCreationDateTime": datetime(2026, 1, 2, tzinfo=UTC),
    "Keys": {"text": {"S": "été"}},
    "NewImage": IMAGE,
    "OldImage": IMAGE,
}
ANSWERS: list[tuple[str, str, dict[str, Any]]] = [
    ("dynamodb", "GetItem", {"Item": IMAGE}),
    ("dynamodb", "Scan", {"Items": [IMAGE, {}], "Count": 2, "LastEvaluatedKey": IMAGE}),
    ("dynamodb", "Scan", {"Items": [], "Count": 0, "LastEvaluatedKey": None}),
    ("dynamodb", "BatchGetItem", {"Responses": {"table": [IMAGE]}, "UnprocessedKeys": {}}),
    ("dynamodbstreams", "GetRecords", {"Records": [{"dynamodb": STREAM, "eventID": "1"}]}),
]


def serialized(service: str, operation: str, answer: dict[str, Any]) -> str:
    serializer = get_serializer_class(service, "json")(
        operation_model=get_service_model(service).operation_model(operation),
        value_picker=XFormedAttributePicker(),
    )
    return str(serializer.serialize(answer)["body"])


@each(answer=ANSWERS)
def test_an_answer_is_the_same_as_motos_own(answer: tuple[str, str, dict[str, Any]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        name = "_serialize_type_structure"
        patch.setattr(BaseJSONSerializer, name, getattr(BaseJSONSerializer, name))  # to undo it
        own = serialized(*answer)
        attribute_values.apply()
        assert serialized(*answer) == own
