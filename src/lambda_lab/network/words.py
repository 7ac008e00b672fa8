"""A verdict in plain words, one sentence for each thing to know."""

from __future__ import annotations

from lambda_lab.network.codes import Failure
from lambda_lab.network.verdict import Verdict

__all__ = ["sentences"]

SHOWS = {
    Failure.HANGS: "The packet is dropped, so the connection hangs until a timeout ends it.",
    Failure.REFUSED: "The connection is refused at once.",
    Failure.UNREACHABLE: "The connection fails at once: the network is unreachable.",
    Failure.DNS: "The name is not resolved, so no connection is tried.",
    Failure.DENIED: "The connection works, and the service answers AccessDenied.",
}


def _capital(text: str) -> str:
    """Return *text* with a capital first letter.

    Examples
    --------
    >>> _capital("the function")
    'The function'
    """
    return text[:1].upper() + text[1:]


def sentences(verdict: Verdict) -> list[str]:
    """Return a verdict in plain words: the answer, what stops it, what to do."""
    source = _capital(verdict.source) if verdict.source.startswith("the ") else verdict.source
    able = "can" if verdict.reachable else "cannot"
    said = [f"{source} {able} reach {verdict.destination} on port {verdict.port}."]
    if verdict.unequal:
        said.append(f"That is so from {verdict.subnet}; another of its subnets does reach it.")
    if verdict.via:
        said.append(f"The way is over {', '.join(verdict.via)}.")
    reason = verdict.reason
    if reason is None:
        if verdict.seen_from is not None:
            said.append(f"The other side sees {verdict.seen_from}.")
        return said
    said.append(_capital(reason.text))
    if reason.back:
        said.append("It is the answer that is lost, on the way back.")
    if verdict.shows is not None:
        said.append(SHOWS[verdict.shows])
    if reason.code is not None:
        said.append(f"Reachability Analyzer's code is {reason.code.value}.")
    said.append(reason.remedy)
    return said
