"""Figures drawn from what a lab recorded, each with the same told in words.

lanes       execution environments over time
sequence    one call, from the caller to the handler and back
event_lives asynchronous events: their waits, tries and ends
batch_lives records of a queue or a stream: their batches and what became of them
curve       a small chart of one or a few lines
retry_explorer  set retries, age and failures: where does each event end?
legend      what the marks mean
table       a small accessible table
shade       the CSS class of a call's shade of blue, for logs and queues
"""

from lambda_lab.show.batches import batch_lives
from lambda_lab.show.curves import curve
from lambda_lab.show.events import event_lives
from lambda_lab.show.figure import Figure
from lambda_lab.show.lanes import lanes
from lambda_lab.show.legend import legend
from lambda_lab.show.sequence import sequence
from lambda_lab.show.style import shade
from lambda_lab.show.tables import Table, table
from lambda_lab.show.whatif import retry_explorer

__all__ = [
    "Figure",
    "Table",
    "batch_lives",
    "curve",
    "event_lives",
    "lanes",
    "legend",
    "retry_explorer",
    "sequence",
    "shade",
    "table",
]
