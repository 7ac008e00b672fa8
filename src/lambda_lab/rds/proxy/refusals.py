"""What the proxy says when it says no: AWS's codes and words.

The texts of those that name no other source here are in
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html.
Every one ends the connection, so its severity is FATAL (confidence M: the page prints ``ERROR``).
"""

from __future__ import annotations

from collections.abc import Mapping

from lambda_lab.rds.proxy.wire import error

__all__ = [
    "IAM_NEEDS_TLS",
    "LOST",
    "REPLICATION",
    "TIMED_OUT",
    "TLS_REQUIRED",
    "UNKNOWN",
    "Refusal",
    "idle_for_too_long",
    "no_credentials",
    "old_connection",
    "shutting_down",
    "too_many_clients",
    "unsupported_option",
    "wrong_password",
    "wrong_token",
]


class Refusal(Exception):
    """A client is told this, and its connection is closed.

    Parameters
    ----------
    code
        SQLSTATE.
    text
        The message for people.
    authentication
        Whether the client's credentials were the reason.
    """

    def __init__(self, code: str, text: str, *, authentication: bool = False) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text, self.authentication = code, text, authentication

    def as_message(self) -> bytes:
        """Return the ``ErrorResponse``."""
        return error("FATAL", self.code, self.text)

    @classmethod
    def of_database(cls, fields: Mapping[str, str]) -> Refusal:
        """Hand on what the database itself said."""
        return cls(fields.get("C", "XX000"), fields.get("M", "Unknown error."))


TIMED_OUT = Refusal("08000", "Timed-out waiting to acquire database connection.")
TLS_REQUIRED = Refusal("28000", "This RDS Proxy requires TLS connections.")
IAM_NEEDS_TLS = Refusal("28000", "IAM authentication is allowed only with SSL connections.")
REPLICATION = Refusal(
    "0A000",
    "Feature not supported: RDS Proxy currently doesn't support streaming replication mode.",
)
UNKNOWN = Refusal("XX000", "Unknown error.")
# PostgreSQL's own text for a server that ended without a word; AWS's is not known (confidence L).
LOST = Refusal("08006", "server closed the connection unexpectedly")


def no_credentials(role: str) -> Refusal:
    """No secret of the proxy's names this role."""
    text = f"This RDS proxy has no credentials for the role {role}. "
    text += "Check the credentials for this role and try again."
    return Refusal("28000", text, authentication=True)


def wrong_password(role: str) -> Refusal:
    """The client's password is not the secret's."""
    text = f"The password that was provided for the role {role} is wrong."
    return Refusal("28P01", text, authentication=True)


def wrong_token(role: str) -> Refusal:
    """The IAM token is not good; AWS does not say why, and neither does the proxy."""
    text = f"The IAM authentication failed for the role {role}. "
    text += "Check the IAM token for this role and try again."
    return Refusal("28P01", text, authentication=True)


def unsupported_option(option: str) -> Refusal:
    """The client wants a start-up parameter that the proxy does not take."""
    return Refusal(
        "0A000",
        f"Feature not supported: RDS Proxy currently doesn't support the option {option}.",
    )


def too_many_clients(limit: int) -> Refusal:
    """There is no room for another client."""
    return Refusal(
        "53300", f"The maximum number of client connections to the proxy exceeded {limit}."
    )


# PostgreSQL's texts for these three; AWS's are not known (confidence L).
def idle_for_too_long() -> Refusal:
    """``IdleClientTimeout`` has passed."""
    return Refusal("57P05", "terminating connection due to idle-session timeout")


def old_connection() -> Refusal:
    """The client's connection has lived as long as AWS lets one live."""
    return Refusal("57P01", "terminating connection due to administrator command")


def shutting_down() -> Refusal:
    """The proxy is being deleted."""
    return Refusal("57P01", "terminating connection due to administrator command")
