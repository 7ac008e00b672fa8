"""Functions nobody here wrote: documented uses of AWS Lambda Powertools, which comes as a layer."""

from __future__ import annotations

import importlib.metadata
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from api_region import ApiRegion, package, tail_of

DISTRIBUTIONS = (
    *("aws-lambda-powertools", "jmespath", "typing_extensions"),
    *("pydantic", "pydantic_core", "annotated-types", "typing-inspection"),
)
"""Powertools, what it needs, and what its parser needs; boto3 comes with the runtime."""


def layer_zip() -> bytes:
    """Return a layer made of the packages installed here, as ``pip install -t python`` would."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for name in DISTRIBUTIONS:
            try:
                files = importlib.metadata.files(name) or []
            except importlib.metadata.PackageNotFoundError:
                pytest.skip(f"the package {name} is not installed: run 'make setup'")
            for file in files:
                path = Path(str(file.locate()))
                if ".." not in file.parts and path.suffix != ".pyc" and path.is_file():
                    target.writestr(f"python/{file.as_posix()}", path.read_bytes())
    return archive.getvalue()


@pytest.fixture(scope="module")
def layer(api: ApiRegion) -> str:
    """Return the ARN of Powertools as a layer of the region."""
    s3 = api.service("s3")
    s3.create_bucket(Bucket="layers")
    s3.put_object(Bucket="layers", Key="powertools.zip", Body=layer_zip())
    content = {"S3Bucket": "layers", "S3Key": "powertools.zip"}
    answer = api.client.publish_layer_version(LayerName="powertools", Content=content)
    arn: str = answer["LayerVersionArn"]
    return arn


def deploy(api: ApiRegion, layer: str, source: str) -> str:
    variables = {
        "POWERTOOLS_SERVICE_NAME": "payment",
        "POWERTOOLS_METRICS_NAMESPACE": "Shop",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "POWERTOOLS_TRACE_DISABLED": "true",
    }
    return api.active(
        Runtime="python3.14",
        Timeout=30,
        MemorySize=512,
        Layers=[layer],
        Environment={"Variables": variables},
        Code={"ZipFile": package(source)},
    )


def call(api: ApiRegion, name: str, event: Any) -> tuple[Any, list[dict[str, Any]]]:
    """Call a function; return its result and the JSON lines it logged."""
    answer = api.client.invoke(
        FunctionName=name, Payload=json.dumps(event).encode(), LogType="Tail"
    )
    text = answer["Payload"].read().decode()
    assert "FunctionError" not in answer, text
    lines = [line for line in tail_of(answer).splitlines() if line.startswith("{")]
    return json.loads(text), [json.loads(line) for line in lines]


LOGGER = """
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
logger = Logger()

@logger.inject_lambda_context(log_event=True, correlation_id_path="id")
def handler(event: dict, context: LambdaContext) -> str:
    logger.append_keys(order_id=event["order"])
    logger.info("Collecting payment")
    return "done"
"""


@pytest.mark.fidelity("powertools")
def test_logger(api: ApiRegion, layer: str) -> None:
    name = deploy(api, layer, LOGGER)
    result, first = call(api, name, {"id": "corr-1", "order": 7})
    assert result == "done"
    _, second = call(api, name, {"id": "corr-2", "order": 8})
    (line,) = [line for line in first if line["message"] == "Collecting payment"]
    assert (line["level"], line["service"], line["order_id"]) == ("INFO", "payment", 7)
    assert (line["function_name"], line["function_memory_size"]) == (name, "512")
    assert line["function_arn"] == api.arn(name)
    assert line["correlation_id"] == "corr-1"
    assert [line["cold_start"] for line in (first[0], second[0])] == [True, False]


METRICS = """
from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
metrics = Metrics()

@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event, context):
    metrics.add_dimension(name="environment", value="test")
    metrics.add_metric(name="SuccessfulBooking", unit=MetricUnit.Count, value=1)
"""


def test_metrics_in_the_embedded_format(api: ApiRegion, layer: str) -> None:
    name = deploy(api, layer, METRICS)
    _, lines = call(api, name, {})
    metrics = {
        metric["Name"]: (row["Namespace"], line)
        for line in lines
        for row in line["_aws"]["CloudWatchMetrics"]
        for metric in row["Metrics"]
    }
    assert set(metrics) == {"ColdStart", "SuccessfulBooking"}
    namespace, line = metrics["SuccessfulBooking"]
    assert namespace == "Shop"
    assert (line["service"], line["environment"]) == ("payment", "test")
    assert line["SuccessfulBooking"] == [1.0]
    assert metrics["ColdStart"][1]["function_name"] == name


RESOLVER = """
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
app = APIGatewayRestResolver()

@app.get("/todos/<todo_id>")
def get_todo(todo_id: str):
    if todo_id == "0":
        raise NotFoundError("no such todo")
    return {"id": todo_id, "by": app.current_event.query_string_parameters["by"]}

def handler(event, context):
    return app.resolve(event, context)
"""


def rest_event(path: str) -> dict[str, Any]:
    return {
        "resource": "/todos/{todo_id}",
        "path": path,
        "httpMethod": "GET",
        "headers": {"accept": "application/json"},
        "multiValueHeaders": {},
        "queryStringParameters": {"by": "me"},
        "multiValueQueryStringParameters": {"by": ["me"]},
        "requestContext": {"stage": "dev", "path": f"/dev{path}"},
        "body": None,
        "isBase64Encoded": False,
    }


def test_event_handler_for_a_rest_api(api: ApiRegion, layer: str) -> None:
    name = deploy(api, layer, RESOLVER)
    for path, status, body in (
        ("/todos/5", 200, {"id": "5", "by": "me"}),
        ("/todos/0", 404, {"statusCode": 404, "message": "no such todo"}),
        ("/else", 404, {"statusCode": 404, "message": "Not found"}),
    ):
        answer, _ = call(api, name, rest_event(path))
        assert answer["statusCode"] == status
        assert json.loads(answer["body"]) == body


BATCH = """
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor, EventType, process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
processor = BatchProcessor(event_type=EventType.SQS)

def record_handler(record: SQSRecord):
    if not record.json_body["ok"]:
        raise ValueError("poison")

def handler(event, context):
    return process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )
"""


def record(number: int, ok: bool) -> dict[str, Any]:
    return {
        "messageId": f"message-{number}",
        "receiptHandle": "r",
        "body": json.dumps({"ok": ok}),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "md5OfBody": "m",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:q",
        "awsRegion": "us-east-1",
    }


@pytest.mark.fidelity("powertools")
def test_batch_processor_for_sqs(api: ApiRegion, layer: str) -> None:
    name = deploy(api, layer, BATCH)
    mixed = {"Records": [record(1, True), record(2, False), record(3, True)]}
    answer, _ = call(api, name, mixed)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-2"}]}
    failing = {"Records": [record(4, False)]}
    answered = api.client.invoke(FunctionName=name, Payload=json.dumps(failing).encode())
    assert answered["FunctionError"] == "Unhandled"
    assert json.loads(answered["Payload"].read())["errorType"] == "BatchProcessingError"


IDEMPOTENCY = """
import uuid
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer, IdempotencyConfig, idempotent,
)
store = DynamoDBPersistenceLayer(table_name="Idempotency")
config = IdempotencyConfig(event_key_jmespath="order")

@idempotent(persistence_store=store, config=config)
def handler(event, context):
    return {"payment": str(uuid.uuid4())}
"""


@pytest.mark.fidelity("powertools")
def test_idempotency_with_a_table_of_the_region(api: ApiRegion, layer: str) -> None:
    dynamodb = api.service("dynamodb")
    dynamodb.create_table(
        TableName="Idempotency",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    name = deploy(api, layer, IDEMPOTENCY)
    first, again, other = (call(api, name, {"order": order})[0] for order in (1, 1, 2))
    assert first == again != other
    items = dynamodb.scan(TableName="Idempotency")["Items"]
    assert [item["status"] for item in items] == [{"S": "COMPLETED"}] * 2


PARAMETERS = """
from aws_lambda_powertools.utilities import parameters

def handler(event, context):
    return [
        parameters.get_parameter("/shop/currency"),
        parameters.get_secret("shop-key"),
        parameters.get_parameters("/shop"),
    ]
"""


def test_parameters_from_the_regions_ssm_and_secrets(api: ApiRegion, layer: str) -> None:
    api.service("ssm").put_parameter(Name="/shop/currency", Value="EUR", Type="String")
    api.service("secretsmanager").create_secret(Name="shop-key", SecretString="k")
    name = deploy(api, layer, PARAMETERS)
    assert call(api, name, {})[0] == ["EUR", "k", {"currency": "EUR"}]


PARSER = """
from pydantic import BaseModel, PositiveInt
from aws_lambda_powertools.utilities.parser import ValidationError, event_parser

class Order(BaseModel):
    id: int
    quantity: PositiveInt

@event_parser(model=Order)
def parsed(event: Order, context):
    return {"id": event.id, "double": event.quantity * 2}

def handler(event, context):
    try:
        return parsed(event, context)
    except ValidationError as error:
        return [row["loc"][0] for row in error.errors()]
"""


def test_parser(api: ApiRegion, layer: str) -> None:
    name = deploy(api, layer, PARSER)
    assert call(api, name, {"id": 1, "quantity": 2})[0] == {"id": 1, "double": 4}
    assert call(api, name, {"id": 1, "quantity": 0})[0] == ["quantity"]
