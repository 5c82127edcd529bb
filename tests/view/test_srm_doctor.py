from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from expkit.analysis.arrivals import ArrivalDay, ArrivalPhase, Arrivals
from expkit.stats import blame_srm, check_srm, check_srm_sequential, srm_evidence
from expkit.view import SrmDoctor
from expkit.view.ratio import diagnose

EQUAL = ArrivalPhase(name="", shares={"control": 0.5, "treatment": 0.5})


def units(lost: float = 0.0, where: str = "mobile", users: int = 20_000) -> pd.DataFrame:
    """Units of ten days on two devices; the treatment loses some, on one device or everywhere."""
    rng = np.random.default_rng(4)
    table = pd.DataFrame(
        {"variant": rng.choice(["control", "treatment"], users), "day": np.sort(rng.integers(1, 11, users)),
         "device": rng.choice(["mobile", "desktop"], users)}
    )  # fmt: skip
    hit = (table.variant == "treatment") & (table.device.eq(where) if where else True)
    return table[~(hit & (rng.random(users) < lost))]


def arrivals(lost: float = 0.0, where: str = "mobile") -> Arrivals:
    return Arrivals.of_frame(units(lost, where), day="day", segments=["device"])


def test_the_check_is_that_of_the_statistics() -> None:
    """P-value, statistic and verdict."""
    doctor = SrmDoctor({"control": 5165, "treatment": 4835})
    expected = check_srm([5165, 4835])
    assert doctor.diagnosis.check.p_value == pytest.approx(expected.p_value)
    assert doctor.diagnosis.mismatch
    assert "treatment lacks about 330 units" in doctor.diagnosis.sentence


def test_the_days_are_those_of_the_sequential_check() -> None:
    """The evidence after each day, and the day on which the alarm was raised."""
    found, table = diagnose(arrivals(0.3)), arrivals(0.3)
    looks = np.cumsum([[day.counts["control"], day.counts["treatment"]] for day in table.days], axis=0)
    assert found.evidence == pytest.approx(srm_evidence(looks))
    assert not check_srm_sequential(looks[: found.since]).ok
    assert check_srm_sequential(looks[: found.since - 1]).ok


def test_the_segment_to_blame_is_that_of_the_statistics() -> None:
    """The device on which units get lost, and nothing else."""
    table = arrivals(0.3)
    found = diagnose(table)
    assert found.blame["device"] == blame_srm(table.segments["device"], {"control": 0.5, "treatment": 0.5})
    attribute, segment = found.culprit
    assert (attribute, segment.segment) == ("device", "mobile")
    assert found.causes[0].key == "segment"
    assert found.causes[0].standing == "likely"


def test_missing_units_are_counted() -> None:
    """Near those that were taken away."""
    gone = len(units()) - len(units(0.3))
    assert diagnose(arrivals(0.3)).missing == pytest.approx(gone, rel=0.2)


def test_a_loss_everywhere_blames_no_segment() -> None:
    """Then logging, filters and identity are what is left."""
    found = diagnose(arrivals(0.3, where=""))
    assert found.culprit is None
    assert {cause.key for cause in found.causes if cause.standing == "possible"} >= {"logging", "filter", "identity"}


def test_shares_kept_need_no_list() -> None:
    """A clean experiment is told in one sentence."""
    doctor = SrmDoctor(arrivals())
    assert not doctor.diagnosis.mismatch
    assert "have the units that their shares promise" in doctor._lead.value
    assert doctor._list.children == ()
    assert "no alarm" in doctor._body.value


def test_phases_are_held_against_their_own_shares() -> None:
    """A ramp from 90:10 to 50:50 is no mismatch; without phases it would be one."""
    ramp = Arrivals(
        phases=(ArrivalPhase(name="ramp", shares={"control": 0.9, "treatment": 0.1}),
                ArrivalPhase(name="full", shares={"control": 0.5, "treatment": 0.5})),
        days=(ArrivalDay(day="1", phase=0, counts={"control": 900, "treatment": 100}),
              ArrivalDay(day="2", phase=1, counts={"control": 1000, "treatment": 1000})),
    )  # fmt: skip
    doctor = SrmDoctor(ramp)
    assert not doctor.diagnosis.mismatch
    assert [name for name, _ in doctor.diagnosis.phases] == ["ramp", "full"]
    assert "Each phase against its own shares" in doctor._body.value
    assert doctor.diagnosis.since == 0
    assert not check_srm([1900, 1100]).ok


def test_units_in_an_arm_without_a_share() -> None:
    """Somebody was forced into it."""
    doctor = SrmDoctor({"control": 1000, "treatment": 1000, "old": 3}, shares=[50, 50, 0])
    assert doctor.diagnosis.mismatch
    assert doctor.diagnosis.causes[0].key == "stray"


def test_boxes_are_counted() -> None:
    """What was ruled out is told."""
    doctor = SrmDoctor([5165, 4835])
    doctor.causes["logging"].value = True
    assert "1 of 7 ruled out" in doctor._ruled.value


def test_typing_answers_at_once() -> None:
    """Counts with thousands, shares, a mistake, and nothing at all."""
    doctor = SrmDoctor()
    assert "Type the units of each arm" in doctor._lead.value
    doctor.counts.value = "5,165 / 4,835"
    assert doctor.diagnosis.mismatch
    doctor.counts.value, doctor.shares.value = "9000 1000", "90, 10"
    assert not doctor.diagnosis.mismatch
    doctor.shares.value = "90"
    assert doctor.diagnosis is None
    assert 'role="alert"' in doctor._lead.value
    doctor.counts.value = " "
    assert "Type the units of each arm" in doctor._lead.value


@pytest.mark.parametrize(
    ("counts", "shares", "told"),
    [("many", "", "are not numbers"), ("<b>, 2", "", "&lt;b&gt;"), ("1.5, 2", "", "whole numbers"),
     ("-1, 2", "", "cannot be"), ("5", "", "two or more"), ("5, 5", "0, 0", "not all 0"),
     ("5, 5", "1, 1, 1", "2 counts and 3 shares"),
     ("0, 0", "", "wait for exposures"), ("nan, 5", "", "cannot be")],
)  # fmt: skip
def test_bad_input_is_told_inside(counts: str, shares: str, told: str) -> None:
    """Escaped, with what to do instead."""
    doctor = SrmDoctor()
    doctor.shares.value, doctor.counts.value = shares, counts
    assert told in doctor._lead.value
    assert not (doctor.diagnosis and doctor.diagnosis.mismatch)


def test_what_cannot_be_read_is_told() -> None:
    """Not a traceback."""
    assert "Hint" in SrmDoctor(3.5)._lead.value


def test_without_a_kernel_the_diagnosis_stays() -> None:
    """Verdict, days, segments and causes, without a script."""
    told = SrmDoctor(arrivals(0.3)).static()
    assert "What to rule out" in told
    assert "device: mobile" in told
    assert "<script" not in told
