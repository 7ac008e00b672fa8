"""When a scheduled action is due.

https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scheduled-scaling.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo

from lambda_lab.aws.schedule_expressions import At, Expression

__all__ = ["Timetable"]


@dataclass(frozen=True, slots=True)
class Timetable:
    """The times of one scheduled action. Times are nanoseconds since the epoch.

    Parameters
    ----------
    expression
        ``Schedule``.
    began_ns
        When the action was made: without a start, a rate counts from here.
    zone
        ``Timezone``: whose wall clock ``at`` and ``cron`` mean.
    start_ns, end_ns
        ``StartTime`` and ``EndTime``: between these a recurring action runs, both included. A
        rate with a start runs at it and counts from it. They mean nothing to ``at``.
    """

    expression: Expression
    began_ns: int
    zone: tzinfo = UTC
    start_ns: int | None = None
    end_ns: int | None = None

    def next_after(self, after_ns: int) -> int | None:
        """Return the first time later than *after_ns*, or ``None`` if there is none.

        Examples
        --------
        >>> from lambda_lab.aws.schedule_expressions import parse
        >>> from lambda_lab.clock import SECOND
        >>> evening = Timetable(parse("cron(0 20 * * ? *)"), 0, end_ns=80_000 * SECOND)
        >>> evening.next_after(0) // SECOND, evening.next_after(72_000 * SECOND)
        (72000, None)
        """
        if isinstance(self.expression, At):
            return self.expression.next_after(after_ns, self.zone)
        if self.start_ns is None:
            began_ns = self.began_ns
            after_ns = max(after_ns, began_ns)  # a rate's first time is one interval later
        else:
            began_ns = self.start_ns
            after_ns = max(after_ns, began_ns - 1)
        due_ns = self.expression.next_after(after_ns, self.zone, began_ns)
        over = self.end_ns is not None and due_ns is not None and due_ns > self.end_ns
        return None if over else due_ns
