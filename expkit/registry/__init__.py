"""Every experiment from proposal to rollout: definitions, versions, moves, looks. Callers open the unit of work."""

from __future__ import annotations

from expkit.domain.events import now
from expkit.registry.access import (
    answer_elevation,
    approved_elevation,
    elevation,
    elevations,
    grant,
    grants,
    is_open,
    request_elevation,
    require,
    require_role,
    revoke,
    role_of,
)
from expkit.registry.alerts import acknowledge, alert, alerts, raise_alert
from expkit.registry.baselines import baseline, baselines, end_baselines, record_baselines
from expkit.registry.catalogue import define_metric, deviations, metric, metric_versions, metrics
from expkit.registry.experiments import (
    count,
    create,
    every,
    find,
    find_one,
    get,
    locked,
    project_of,
    revision,
    touched_since,
)
from expkit.registry.learnings import learn, learnings_of
from expkit.registry.leases import hold, let_go
from expkit.registry.looks import all_looks, latest_look, look_at, next_look, save_look
from expkit.registry.memory import memory_in, memory_of, remember_units
from expkit.registry.moves import move
from expkit.registry.notes import NoteEdit, add_note, delete_note, edit_note, note_experiment, note_history, notes
from expkit.registry.overrides import forced_units, override, overrides, revoke_override, set_override
from expkit.registry.overview import (
    CalendarEntry,
    Hypotheses,
    Velocity,
    calendar,
    hypotheses,
    latest_scorecards,
    velocity,
)
from expkit.registry.past import as_they_were
from expkit.registry.phases import Phase, phases
from expkit.registry.plans import SignedPlan, definition_digest, plan_digest, sign_plan, signed_plans
from expkit.registry.policies import policies, policy_for, set_policy
from expkit.registry.reviews import answer_review, approvals, cancel_review, request_review, review, reviews
from expkit.registry.rollouts import promoted_at, take_step
from expkit.registry.rules import groups, holdouts, save_group, set_holdout
from expkit.registry.schedules import due, fire, local_time, schedule_move, scheduled, unschedule
from expkit.registry.timeline import TimelineEntry, timeline
from expkit.registry.versions import at_version, choose_winner, delete_draft, replace, restore, update, versions

__all__ = [
    "CalendarEntry", "Hypotheses", "NoteEdit", "Phase", "SignedPlan", "TimelineEntry", "Velocity", "acknowledge",
    "add_note", "alert", "alerts", "all_looks", "answer_elevation", "answer_review", "approvals", "approved_elevation",
    "as_they_were", "at_version", "baseline", "baselines", "calendar", "cancel_review", "choose_winner", "count",
    "create", "define_metric", "definition_digest", "delete_draft", "delete_note", "deviations", "due", "edit_note",
    "elevation", "elevations", "end_baselines", "every", "find", "find_one", "fire", "forced_units", "get", "grant",
    "grants", "groups", "hold", "holdouts", "hypotheses", "is_open", "latest_look", "latest_scorecards", "learn",
    "learnings_of", "let_go", "local_time", "locked", "look_at", "memory_in", "memory_of", "metric", "metric_versions",
    "metrics", "move", "next_look", "note_experiment", "note_history", "notes", "now", "override", "overrides",
    "phases", "plan_digest", "policies", "policy_for", "project_of", "promoted_at", "raise_alert", "record_baselines",
    "remember_units", "replace", "request_elevation", "request_review", "require", "require_role", "restore", "review",
    "reviews", "revision", "revoke", "revoke_override", "role_of", "save_group", "save_look", "schedule_move",
    "scheduled", "set_holdout", "set_override", "set_policy", "sign_plan", "signed_plans", "take_step", "timeline",
    "touched_since", "unschedule", "update", "velocity", "versions",
]  # fmt: skip
