"""What Lambda itself says when a runtime cannot: the platform's own error documents.

Error types are those of AWS's runtime emulator and of the Developer Guide's troubleshooting page:
https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
"""

from __future__ import annotations

import json
import os
import signal

__all__ = [
    "EXIT_ERROR",
    "INVALID_ENTRYPOINT",
    "OUT_OF_MEMORY",
    "RESPONSE_TOO_LARGE",
    "TIMED_OUT",
    "document",
    "exit_reason",
    "timed_out",
]

TIMED_OUT = "Sandbox.Timedout"
EXIT_ERROR = "Runtime.ExitError"
OUT_OF_MEMORY = "Runtime.OutOfMemory"
INVALID_ENTRYPOINT = "Runtime.InvalidEntrypoint"
RESPONSE_TOO_LARGE = "Function.ResponseSizeTooLarge"


def document(error_type: str, message: str) -> bytes:
    """Return the error document that a caller gets as payload.

    Examples
    --------
    >>> document(EXIT_ERROR, "RequestId: 1 Error: ...")
    b'{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 1 Error: ..."}'
    """
    return json.dumps(
        {"errorType": error_type, "errorMessage": message}, separators=(",", ":")
    ).encode()


def timed_out(seconds: float) -> str:
    """Return AWS's sentence for a timeout, two decimals."""
    return f"Task timed out after {seconds:.2f} seconds"


def exit_reason(status: int) -> str:
    """Return AWS's sentence for a process that ended, from its wait status.

    Examples
    --------
    >>> exit_reason(0)
    'Runtime exited without providing a reason'
    >>> exit_reason(3 << 8)
    'Runtime exited with error: exit status 3'
    >>> exit_reason(9)
    'Runtime exited with error: signal: killed'
    >>> exit_reason(signal.SIGALRM)
    'Runtime exited with error: signal: alarm clock'
    """
    if os.WIFSIGNALED(status):
        return f"Runtime exited with error: signal: {_signal_name(os.WTERMSIG(status))}"
    code = os.WEXITSTATUS(status)
    if code == 0:
        return "Runtime exited without providing a reason"
    return f"Runtime exited with error: exit status {code}"


_GO_NAMES = {
    # AWS's supervisor is written in Go, whose syscall package words signals this way.
    "SIGHUP": "hangup",
    "SIGINT": "interrupt",
    "SIGQUIT": "quit",
    "SIGILL": "illegal instruction",
    "SIGTRAP": "trace/breakpoint trap",
    "SIGABRT": "aborted",
    "SIGBUS": "bus error",
    "SIGFPE": "floating point exception",
    "SIGKILL": "killed",
    "SIGUSR1": "user defined signal 1",
    "SIGSEGV": "segmentation fault",
    "SIGUSR2": "user defined signal 2",
    "SIGPIPE": "broken pipe",
    "SIGALRM": "alarm clock",
    "SIGTERM": "terminated",
    "SIGSTKFLT": "stack fault",
    "SIGXCPU": "CPU time limit exceeded",
    "SIGXFSZ": "file size limit exceeded",
    "SIGVTALRM": "virtual timer expired",
    "SIGPROF": "profiling timer expired",
    "SIGIO": "I/O possible",
    "SIGPWR": "power failure",
    "SIGSYS": "bad system call",
}
"""Those that end a process. By name: numbers differ from system to system, and some lack one."""


def _signal_name(number: int) -> str:
    try:
        return _GO_NAMES.get(signal.Signals(number).name, f"signal {number}")
    except ValueError:
        return f"signal {number}"
