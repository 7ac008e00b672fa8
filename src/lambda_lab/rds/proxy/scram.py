"""SCRAM-SHA-256, both sides: proving a password without sending it.

The proxy is a server to its clients and a client to the database. What costs time is one function,
PBKDF2, a thousand times slower than a hash on purpose; its result is kept for each password, salt
and count, so a storm of clients does not pay for it again.

Written here because the library for it, scramp, refuses the empty user name that libpq, hence every
driver written in C, sends (PostgreSQL takes the name from the start-up packet).

https://www.rfc-editor.org/rfc/rfc5802, https://www.rfc-editor.org/rfc/rfc7677,
https://www.postgresql.org/docs/current/sasl-authentication.html
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import hmac
import secrets
import stringprep
import unicodedata
from dataclasses import dataclass

__all__ = ["MECHANISM", "ScramClient", "ScramError", "ScramServer", "Verifier", "prepared"]

MECHANISM = "SCRAM-SHA-256"
_ITERATIONS = 4096
"""PostgreSQL's own count, ``scram_iterations``."""
_PROHIBITED = (
    stringprep.in_table_c12, stringprep.in_table_c21_c22, stringprep.in_table_c3,
    stringprep.in_table_c4, stringprep.in_table_c5, stringprep.in_table_c6,
    stringprep.in_table_c7, stringprep.in_table_c8, stringprep.in_table_c9, stringprep.in_table_a1,
)  # fmt: skip


class ScramError(Exception):
    """The other side's message is broken, or its proof is wrong."""


def prepared(password: str) -> bytes:
    r"""Return a password as SCRAM hashes it: normalised, or as it is where that is refused.

    PostgreSQL falls back in the same way.

    Examples
    --------
    >>> prepared("pencil"), prepared("\u2168") == b"IX", prepared("a\u0007")
    (b'pencil', True, b'a\x07')
    """
    if password.isascii():
        return password.encode()
    kept = (letter for letter in password if not stringprep.in_table_b1(letter))
    mapped = "".join(" " if stringprep.in_table_c12(letter) else letter for letter in kept)
    text = unicodedata.normalize("NFKC", mapped)
    right_to_left = [stringprep.in_table_d1(letter) for letter in text]
    mixed = any(right_to_left) and (
        any(map(stringprep.in_table_d2, text)) or not (right_to_left[0] and right_to_left[-1])
    )
    if not text or mixed or any(test(letter) for letter in text for test in _PROHIBITED):
        return password.encode()
    return text.encode()


@functools.lru_cache(maxsize=256)
def _salted(password: str, salt: bytes, count: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", prepared(password), salt, count)


def _mac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


def _hash(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _attributes(text: bytes) -> dict[bytes, bytes]:
    pairs = [part.partition(b"=") for part in text.split(b",")]
    return {name: value for name, _, value in pairs}


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as mistake:
        raise ScramError("malformed SCRAM message") from mistake


@dataclass(frozen=True, slots=True)
class Verifier:
    """What a server keeps of a password: enough to check a proof, not enough to make one."""

    salt: bytes
    stored_key: bytes
    server_key: bytes

    @classmethod
    def of(cls, password: str, salt: bytes) -> Verifier:
        """Derive the verifier of *password*."""
        salted = _salted(password, salt, _ITERATIONS)
        return cls(salt, _hash(_mac(salted, b"Client Key")), _mac(salted, b"Server Key"))


class ScramServer:
    """The server's side of one exchange.

    Examples
    --------
    >>> server = ScramServer(Verifier.of("pencil", b"sixteen bytes ok"))
    >>> client = ScramClient("pencil")
    >>> final = client.final(server.first(client.first()))
    >>> client.check(server.final(final))
    """

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        self._binding = self._bare = self._said = self._nonce = b""

    def first(self, client_first: bytes) -> bytes:
        """Answer the client's first message.

        Raises
        ------
        ScramError
            If it is malformed, or insists on a channel binding, which is not offered.
        """
        parts = client_first.split(b",", 2)
        nonce = _attributes(parts[2]).get(b"r", b"") if len(parts) == 3 else b""
        # "y": the client could bind to the TLS channel and thinks that we cannot, which is so.
        if not nonce or parts[0] not in {b"n", b"y"}:
            raise ScramError("malformed SCRAM message")
        self._binding = base64.b64encode(parts[0] + b"," + parts[1] + b",")
        self._bare = parts[2]
        self._nonce = nonce + base64.b64encode(secrets.token_bytes(18))
        salt = base64.b64encode(self._verifier.salt)
        self._said = b"r=%b,s=%b,i=%d" % (self._nonce, salt, _ITERATIONS)
        return self._said

    def final(self, client_final: bytes) -> bytes:
        """Check the client's proof, and return ours.

        Raises
        ------
        ScramError
            If the proof is wrong or the message malformed.
        """
        without_proof, _, proof = client_final.rpartition(b",p=")
        told = _attributes(without_proof)
        if told.get(b"r") != self._nonce or told.get(b"c") != self._binding:
            raise ScramError("malformed SCRAM message")
        signed = b",".join((self._bare, self._said, without_proof))
        signature = _mac(self._verifier.stored_key, signed)
        given = _decoded(proof)
        if len(given) != len(signature):
            raise ScramError("malformed SCRAM message")
        if not hmac.compare_digest(_hash(_xor(given, signature)), self._verifier.stored_key):
            raise ScramError("the proof is wrong")
        return b"v=" + base64.b64encode(_mac(self._verifier.server_key, signed))


class ScramClient:
    """The client's side of one exchange."""

    def __init__(self, password: str) -> None:
        self._password = password
        self._nonce = base64.b64encode(secrets.token_bytes(18))
        self._signature = b""

    def first(self) -> bytes:
        """Return the first message; the user's name stands in the start-up packet."""
        return b"n,,n=,r=" + self._nonce

    def final(self, server_first: bytes) -> bytes:
        """Return the proof.

        Raises
        ------
        ScramError
            If the server's message is malformed.
        """
        told = _attributes(server_first)
        nonce, count = told.get(b"r", b""), told.get(b"i", b"")
        if not nonce.startswith(self._nonce) or not count.isdigit():
            raise ScramError("malformed SCRAM message")
        salted = _salted(self._password, _decoded(told.get(b"s", b"")), int(count))
        without_proof = b"c=biws,r=" + nonce
        signed = b",".join((b"n=,r=" + self._nonce, server_first, without_proof))
        key = _mac(salted, b"Client Key")
        self._signature = _mac(_mac(salted, b"Server Key"), signed)
        proof = _xor(key, _mac(_hash(key), signed))
        return without_proof + b",p=" + base64.b64encode(proof)

    def check(self, server_final: bytes) -> None:
        """Check that the server knows the password too.

        Raises
        ------
        ScramError
            If it does not.
        """
        given = _decoded(server_final.removeprefix(b"v="))
        if not hmac.compare_digest(given, self._signature):
            raise ScramError("the server does not know the password")
