"""Figures drawn from what a lab recorded, each with the same told in words.

lanes       execution environments over time
lanes_explorer  set callers, times and a limit: which calls start cold or are throttled?
sequence    one call, from the caller to the handler and back
event_lives asynchronous events: their waits, tries and ends
batch_lives records of a queue or a stream: their batches and what became of them
curve       a small chart of one or a few lines
canary_share  the share of calls a new version got, with its error bar
canary_explorer  set weight and failures: what do so many calls show?
concurrency   requests in flight over time against their limits, and what was throttled
concurrency_explorer  type rate, duration and limit: what is throttled, cold, spilled over?
retry_explorer  set retries, age and failures: where does each event end?
price_calculator  type a workload: what does a month of it cost?
network_path  the way of a packet, hop by hop, and the hop that stops it
stall         what clients saw of an outage: who waited, who was refused
network_explorer  switch gateways, endpoints and rules: what becomes reachable?
legend      what the marks mean
table       a small accessible table
shade       the CSS class of a call's shade of blue, for logs and queues
"""

from lambda_lab.show.batches import batch_lives
from lambda_lab.show.calculator import price_calculator
from lambda_lab.show.canary import canary_share
from lambda_lab.show.canary_widget import canary_explorer
from lambda_lab.show.concurrency_figure import concurrency
from lambda_lab.show.concurrency_widget import concurrency_explorer
from lambda_lab.show.curves import curve
from lambda_lab.show.events import event_lives
from lambda_lab.show.figure import Figure
from lambda_lab.show.lanes import lanes
from lambda_lab.show.lanes_widget import lanes_explorer
from lambda_lab.show.legend import legend
from lambda_lab.show.network_explorer import network_explorer
from lambda_lab.show.networks import NetworkPath, network_path
from lambda_lab.show.sequence import sequence
from lambda_lab.show.stalls import stall
from lambda_lab.show.style import shade
from lambda_lab.show.tables import Table, table
from lambda_lab.show.whatif import retry_explorer

__all__ = [
    "Figure",
    "NetworkPath",
    "Table",
    "batch_lives",
    "canary_explorer",
    "canary_share",
    "concurrency",
    "concurrency_explorer",
    "curve",
    "event_lives",
    "lanes",
    "lanes_explorer",
    "legend",
    "network_explorer",
    "network_path",
    "price_calculator",
    "retry_explorer",
    "sequence",
    "shade",
    "stall",
    "table",
]
