"""Times that texts and questions name, as intervals of the calendar of whoever wrote them.

Rules by spelling alone: no model, no clock. Precision before recall: a number is a year, and "may" a month, only where
the words around it say so.
"""

from apps.memory.engine.times.events import EventTime, event_times
from apps.memory.engine.times.mentions import TimeMention, extract_times
from apps.memory.engine.times.windows import TimeWindow, asks_when, question_times

__all__ = ["EventTime", "TimeMention", "TimeWindow", "asks_when", "event_times", "extract_times", "question_times"]
