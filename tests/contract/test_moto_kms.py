"""What aws/variables_key.py stands on in moto's KMS."""

from __future__ import annotations

import inspect

from moto.kms.models import Key, KmsBackend, kms_backends

from lambda_lab.aws.moto_seam import ACCOUNT


def backend() -> KmsBackend:
    found = kms_backends[ACCOUNT]["us-east-1"]
    assert isinstance(found, KmsBackend)
    return found


def key() -> Key:
    made = backend().create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "", [])
    assert isinstance(made, Key)
    return made


def test_keys_and_aliases_are_found_as_they_are_looked_for() -> None:
    made = key()
    assert backend().keys[backend().get_key_id(made.arn)] is made
    backend().create_alias(made.id, "alias/contract")
    assert backend().get_key_id_from_alias("alias/contract") == made.id
    assert backend().get_key_id_from_alias("alias/none") is None


def test_a_key_says_its_state_and_its_last_day() -> None:
    made = key()
    assert (made.key_state, made.deletion_date, made.account_id) == ("Enabled", None, ACCOUNT)
    backend().disable_key(made.id)
    assert made.key_state == "Disabled"
    backend().schedule_key_deletion(made.id, 7)
    assert made.key_state == "PendingDeletion"
    assert made.deletion_date is not None
    assert made.deletion_date.tzinfo is None


def test_grants() -> None:
    names = "name grantee_principal operations constraints retiring_principal"
    assert " ".join(inspect.signature(Key.add_grant).parameters) == f"self {names}"
    made = key()
    grant = made.add_grant("g", "arn:role", ["Decrypt"], constraints={}, retiring_principal="")
    (kept,) = made.grants.values()
    assert kept is grant
    assert (kept.grantee_principal, kept.operations) == ("arn:role", ["Decrypt"])
    backend().revoke_grant(made.id, grant.id)
    assert not made.grants
