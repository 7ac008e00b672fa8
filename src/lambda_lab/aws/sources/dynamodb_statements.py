"""PartiQL statements that cannot be read: DynamoDB's refusal in the place of moto's 500.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.core.exceptions import JsonRESTError, ServiceException

from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.refused import Refused
from lambda_lab.errors import LabError

__all__ = ["readable_statements"]


@contextmanager
def readable_statements() -> Iterator[None]:
    """Refuse, while the block runs, a statement that moto's parser fails at."""
    from moto.dynamodb.models import DynamoDBBackend

    execute = DynamoDBBackend.execute_statement

    def execute_statement(self: Any, statement: str, parameters: Any) -> Any:
        try:
            return execute(self, statement, parameters)
        except (JsonRESTError, LabError, NotImplementedError, ServiceException):
            raise
        except Exception as error:  # whatever the parser trips over
            # DynamoDB goes on to say where; moto's parser does not know. Confidence M.
            raise Refused(
                "ValidationException", "Statement wasn't well formed, can't be processed"
            ) from error

    with replaced(DynamoDBBackend, execute_statement=execute_statement):
        yield
