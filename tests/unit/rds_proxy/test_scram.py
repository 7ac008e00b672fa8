"""SCRAM-SHA-256: RFC 7677's example, another implementation, and all that can be wrong."""

from __future__ import annotations

import base64

import pytest
import scramp

from lambda_lab.rds.proxy import scram
from lambda_lab.rds.proxy.scram import ScramClient, ScramError, ScramServer, Verifier, prepared

SALT = b"sixteen bytes ok"


def test_the_example_of_the_rfc(monkeypatch: pytest.MonkeyPatch) -> None:
    client = ScramClient("pencil")
    monkeypatch.setattr(client, "_nonce", b"rOprNGfwEbeRWgbNEkqO")
    monkeypatch.setattr(ScramClient, "first", lambda self: b"n,,n=user,r=" + self._nonce)
    server_first = (
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    )
    salted = scram._salted("pencil", base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096)
    key = scram._mac(salted, b"Client Key")
    without = b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    signed = b",".join((b"n=user,r=rOprNGfwEbeRWgbNEkqO", server_first, without))
    proof = scram._xor(key, scram._mac(scram._hash(key), signed))
    assert base64.b64encode(proof) == b"dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    server_key = scram._mac(salted, b"Server Key")
    assert base64.b64encode(scram._mac(server_key, signed)) == (
        b"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
    )


@pytest.mark.parametrize("password", ["pencil", "", "a,b=c", "\u00e9" * 30, "\u2168", "x" * 500])
def test_both_sides_agree(password: str) -> None:
    server, client = ScramServer(Verifier.of(password, SALT)), ScramClient(password)
    client.check(server.final(client.final(server.first(client.first()))))


@pytest.mark.parametrize("password", ["pencil", "\u00e9t\u00e9", "I\u00adX", "\u2168", "\u00aa"])
def test_against_scramp(password: str) -> None:
    server = ScramServer(Verifier.of(password, SALT))
    client = scramp.ScramClient(["SCRAM-SHA-256"], "app", password)
    client.set_server_first(server.first(client.get_client_first().encode()).decode())
    client.set_server_final(server.final(client.get_client_final().encode()).decode())


def test_the_wrong_password() -> None:
    server, client = ScramServer(Verifier.of("right", SALT)), ScramClient("wrong")
    with pytest.raises(ScramError, match="proof"):
        server.final(client.final(server.first(client.first())))


def test_a_server_that_does_not_know_the_password() -> None:
    server, client = ScramServer(Verifier.of("right", SALT)), ScramClient("right")
    server.final(client.final(server.first(client.first())))
    with pytest.raises(ScramError, match="does not know"):
        client.check(b"v=" + base64.b64encode(bytes(32)))


@pytest.mark.parametrize(
    "first", [b"", b"n,,", b"n,,n=", b"n,,r=", b"p=tls-unique,,n=,r=x", b"x,,n=,r=y", b"\xff" * 9]
)
def test_first_messages_that_are_none(first: bytes) -> None:
    with pytest.raises(ScramError, match="malformed"):
        ScramServer(Verifier.of("x", SALT)).first(first)


@pytest.mark.parametrize("change", ["nonce", "binding", "proof", "short", "base64", "empty"])
def test_final_messages_that_were_changed(change: str) -> None:
    server, client = ScramServer(Verifier.of("x", SALT)), ScramClient("x")
    final = client.final(server.first(client.first()))
    changed = {
        "nonce": final.replace(b"r=", b"r=z"),
        "binding": final.replace(b"c=biws", b"c=eSws"),
        "proof": final[:-8] + b"AAAAAAA=",
        "short": final.partition(b",p=")[0] + b",p=AAAA",
        "base64": final.partition(b",p=")[0] + b",p=*",
        "empty": b"",
    }[change]
    with pytest.raises(ScramError):
        server.final(changed)


def test_a_client_that_could_bind_and_was_not_offered_to() -> None:
    server = ScramServer(Verifier.of("x", SALT))
    assert server.first(b"y,,n=,r=abc").startswith(b"r=abc")


@pytest.mark.parametrize("answer", [b"", b"r=other,s=AAAA,i=4096", b"r=,s=,i=", b"i=4096"])
def test_server_messages_that_are_none(answer: bytes) -> None:
    with pytest.raises(ScramError):
        ScramClient("x").final(answer)


def test_passwords_that_may_not_be_normalised_stay_as_they_are() -> None:
    for password in ("\u0007\u00e9", "\u0627a\u0627b", "\u00ad"):
        assert prepared(password) == password.encode()
