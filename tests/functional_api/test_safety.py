"""Nothing of the reader's AWS account is read, and nothing leaves for a real AWS host."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from api_region import open_api_region, package
from lambda_lab.errors import SandboxError

REAL_KEY = "AKIAIOSFODNN7REALKEY"
PROFILE = f"""\
[default]
aws_access_key_id = {REAL_KEY}
aws_secret_access_key = really-secret
region = eu-central-1
endpoint_url = https://lambda.eu-central-1.amazonaws.com
[profile prod]
region = ap-southeast-2
"""


@pytest.fixture
def _reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader whose home and shell are full of real-looking settings."""
    folder = tmp_path / ".aws"
    folder.mkdir()
    for name in ("config", "credentials"):
        (folder / name).write_text(PROFILE, encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("AWS_CONFIG_FILE")
    monkeypatch.delenv("AWS_SHARED_CREDENTIALS_FILE")
    for name, value in {
        "AWS_ACCESS_KEY_ID": REAL_KEY,
        "AWS_SECRET_ACCESS_KEY": "really-secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_PROFILE": "prod",
        "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL_LAMBDA": "https://lambda.eu-central-1.amazonaws.com",
        "AWS_ROLE_ARN": "arn:aws:iam::111111111111:role/real",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(folder / "credentials"),
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "NO_PROXY": "intranet.example.org",
    }.items():
        monkeypatch.setenv(name, value)


SEEN = """
import boto3, os
def handler(event, context):
    credentials = boto3.Session().get_credentials()
    return [dict(os.environ), credentials.access_key, boto3.client("sts").meta.endpoint_url]
"""


@pytest.mark.usefixtures("_reader")
@pytest.mark.fidelity("real-hosts", "readers-settings")
def test_real_settings_are_neither_read_nor_lost() -> None:
    before = dict(os.environ)
    boto3.setup_default_session()
    try:
        with open_api_region() as api:
            plain = boto3.client("lambda")
            assert plain.meta.endpoint_url == api.url
            assert plain.meta.region_name == "us-east-1"
            assert plain.list_functions()["Functions"] == []
            credentials = boto3.Session().get_credentials()
            assert REAL_KEY not in (credentials.access_key, credentials.secret_key)
            name = api.active(Timeout=30, Code={"ZipFile": package(SEEN)})
            environment, key, endpoint = api.invoke(name)
            assert endpoint == api.url
            assert key != REAL_KEY
            assert REAL_KEY not in str(environment)
            assert "eu-central-1" not in str(environment)
        assert dict(os.environ) == before
    finally:
        boto3.DEFAULT_SESSION = None


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://lambda.us-east-1.amazonaws.com",
        "https://lambda.us-east-1.amazonaws.com:443",
        "http://127.0.0.1.example.org:4566",
        "http://169.254.169.254",
        "http://localhost.amazonaws.com",
    ],
)
def test_a_client_of_another_host_is_refused(endpoint: str) -> None:
    with open_api_region():
        config = Config(retries={"max_attempts": 0}, connect_timeout=1, inject_host_prefix=False)
        client: Any = boto3.client("lambda", endpoint_url=endpoint, config=config)
        with pytest.raises(SandboxError, match="never leaves this machine"):
            client.list_functions()
