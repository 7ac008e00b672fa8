"""What each step of a call is called, in the drawing and in words.

Each phrase: who speaks, who listens, the label, the sentence, the key of the visual language.
"""

from __future__ import annotations

from types import MappingProxyType

__all__ = ["CALLER", "ENVIRONMENT", "HANDLER", "LAMBDA", "PHRASES"]

CALLER, LAMBDA, ENVIRONMENT, HANDLER = range(4)
"""The four who take part, from left to right."""

_Phrase = tuple[int, int, str, str, str]

PHRASES: MappingProxyType[str, _Phrase] = MappingProxyType(
    {
        "received": (
            CALLER, LAMBDA, "Invoke{kind}: event",
            "The caller asks Lambda to run the function and sends the event.", "",
        ),
        "pushed": (
            CALLER, LAMBDA, "event from {source}",
            "{source} asks Lambda to run the function and sends the event.", "",
        ),
        "try": (
            LAMBDA, LAMBDA, "try {number}: from the queue",
            "Lambda takes the event from its queue: try {number}.", "queued",
        ),
        "throttled in queue": (
            LAMBDA, LAMBDA, "throttled: no environment may run",
            "The try is throttled: no environment may run it, so the event goes back to the queue.",
            "throttled",
        ),
        "throttled": (
            LAMBDA, CALLER, "429 TooManyRequestsException",
            "Lambda refuses the call with status 429: TooManyRequestsException.", "throttled",
        ),
        "queued": (LAMBDA, LAMBDA, "queued", "Lambda puts the event in its queue.", "queued"),
        "accepted": (
            LAMBDA, CALLER, "202 accepted",
            "Lambda answers with status 202: the event is accepted, and no result is sent.", "",
        ),
        "starting": (
            LAMBDA, ENVIRONMENT, "start a new environment",
            "No environment is free, so Lambda starts a new one: a cold start.", "",
        ),
        "init": (
            ENVIRONMENT, HANDLER, "init{took}{ended}",
            "In the init phase the runtime and the code outside the handler run{for_time}.", "init",
        ),
        "ready": (
            ENVIRONMENT, LAMBDA, "ready for an event",
            "The runtime asks Lambda for its first event.", "",
        ),
        "init failed": (
            ENVIRONMENT, LAMBDA, "init failed{ended}",
            "The init phase failed{ended}; the handler is never reached.", "error",
        ),
        "warm": (
            ENVIRONMENT, ENVIRONMENT, "was ready: warm",
            "An environment is ready and takes the call: a warm start.", "frozen",
        ),
        "hand over": (
            LAMBDA, ENVIRONMENT, "event and request id",
            "Lambda hands the event to the environment, with the request id.", "",
        ),
        "call handler": (
            ENVIRONMENT, HANDLER, "handler(event, context)",
            "The runtime calls the handler with the event and the context.", "",
        ),
        "run": (HANDLER, HANDLER, "runs{took}", "The handler runs{for_time}.", "run"),
        "returns": (
            HANDLER, ENVIRONMENT, "returns a result", "The handler returns its result.", "",
        ),
        "sends result": (
            ENVIRONMENT, LAMBDA, "result as JSON",
            "The runtime sends the result to Lambda as JSON.", "",
        ),
        "fails": (
            HANDLER, ENVIRONMENT, "fails: {error}",
            "The handler fails with {error}; it returns no result.", "error",
        ),
        "sends error": (
            ENVIRONMENT, LAMBDA, "the error as JSON", "Lambda receives the error as JSON.", "error",
        ),
        "stops": (
            LAMBDA, ENVIRONMENT, "time is up: stop",
            "The time limit is reached, and Lambda stops the environment.", "timeout",
        ),
        "answered": (
            LAMBDA, CALLER, "200 and the result",
            "Lambda answers the caller with status 200 and the result.", "",
        ),
        "answered with error": (
            LAMBDA, CALLER, "200, X-Amz-Function-Error: Unhandled",
            "Status 200, the error and the header X-Amz-Function-Error go back.", "error",
        ),
        "frozen": (
            ENVIRONMENT, ENVIRONMENT, "frozen",
            "The environment is frozen until its next call.", "frozen",
        ),
        "shutdown": (
            ENVIRONMENT, ENVIRONMENT, "shut down", "The environment was shut down{because}.",
            "shutdown",
        ),
        "retry": (
            LAMBDA, LAMBDA, "tries again{wait}", "Lambda will try the event again{wait}.", "retry",
        ),
        "delivered": (
            LAMBDA, LAMBDA, "a record goes to {target}", "A record of it goes to {target}.",
            "delivered",
        ),
        "dead letter": (
            LAMBDA, LAMBDA, "dead letter to {target}",
            "Lambda gives up, and the event goes to {target} as a dead letter.", "delivered",
        ),
        "dropped": (
            LAMBDA, LAMBDA, "event lost", "The event is lost: nothing will try it again.", "lost",
        ),
        "not delivered": (
            LAMBDA, LAMBDA, "nothing reaches {target}",
            "Nothing could be delivered to {target}{because}.", "lost",
        ),
    }
)  # fmt: skip
