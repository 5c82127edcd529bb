"""Before the start: how many units an experiment needs, and how long that takes."""

from __future__ import annotations

from expkit.design.checklist import checklist, refuse_unready
from expkit.design.questions import Sizing, SizingQuestion, solve
from expkit.design.replay import AAReplay, AARow, replay_aa
from expkit.design.sizing import Design, size_experiment
from expkit.design.sizing_traffic import Timetable, plan_days, units_by

__all__ = [
    "AAReplay",
    "AARow",
    "Design",
    "Sizing",
    "SizingQuestion",
    "Timetable",
    "checklist",
    "plan_days",
    "refuse_unready",
    "replay_aa",
    "size_experiment",
    "solve",
    "units_by",
]
