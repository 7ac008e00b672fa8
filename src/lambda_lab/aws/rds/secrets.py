"""The master user's password: as it was asked for, or in a secret that RDS manages.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
"""

from __future__ import annotations

import json
import secrets
import string
from typing import Any

__all__ = ["master_password", "rotate", "secret_text"]

_LETTERS = string.ascii_letters + string.digits + "!#$%&()*+-.:<=>?[]^_|~"
_LENGTH = 32


def secret_text(username: str) -> str:
    """Return a secret as RDS writes it for a master user, with a new password."""
    password = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    return json.dumps({"username": username, "password": password})


def rotate(secret: Any) -> None:
    """Write a new password into moto's *secret*; who asked gives it to the server."""
    text = secret_text(secret.resource.master_username)
    secret.secretsmanager.put_secret_value(secret.secret.arn, text, None, None, ["AWSCURRENT"])


def master_password(database: Any) -> str:
    """Return the password that the master user of moto's *database* has."""
    if database.manage_master_user_password:
        secret = database.master_user_secret
        told = secret.secretsmanager.get_secret_value(secret.secret_arn, "", "")
        return str(json.loads(told["SecretString"])["password"])
    return str(database._master_user_password)
