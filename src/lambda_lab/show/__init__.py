"""Figures drawn from what a lab recorded, each with the same told in words.

lanes       execution environments over time
sequence    one call, from the caller to the handler and back
legend      what the marks mean
table       a small accessible table
shade       the CSS class of a call's shade of blue, for logs and queues
"""

from lambda_lab.show.figure import Figure
from lambda_lab.show.lanes import lanes
from lambda_lab.show.legend import legend
from lambda_lab.show.sequence import sequence
from lambda_lab.show.style import shade
from lambda_lab.show.tables import Table, table

__all__ = ["Figure", "Table", "lanes", "legend", "sequence", "shade", "table"]
