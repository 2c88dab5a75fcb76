"""Event studies: what was abnormal about an event's sessions, and how surely."""

from __future__ import annotations

from .multi import MultiEventStudy, multi_event_study
from .result import EventStudy
from .settings import EventWindow, StudyModel, StudyOptions
from .size import SizeStudy, size_study
from .study import event_study

__all__ = [
    "EventStudy", "EventWindow", "MultiEventStudy", "SizeStudy", "StudyModel", "StudyOptions", "event_study",
    "multi_event_study", "size_study",
]  # fmt: skip
