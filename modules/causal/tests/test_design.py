import numpy as np
import pytest
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

from modules.causal.engine.ab_test import Plan, compare
from modules.causal.engine.arms import arm_of_counts
from modules.causal.engine.design import Question, design
from modules.causal.engine.exceptions import InvalidData


def test_means_take_what_statsmodels_computes() -> None:
    plan = design(Question("mean", baseline=20, effect=1, deviation=10))
    reference = TTestIndPower().solve_power(0.1, alpha=0.05, power=0.8)
    assert plan.control_units == pytest.approx(reference, abs=2)


def test_shares_take_what_statsmodels_computes() -> None:
    plan = design(Question("share", baseline=0.1, effect=0.02, power=0.9, units_per_day=1000))
    reference = samplesize_proportions_2indep_onetail(0.02, 0.1, 0.9, alpha=0.05)
    assert plan.control_units == pytest.approx(reference, abs=2)
    assert plan.days == -(-plan.total_units // 1000)


def test_an_uneven_split_takes_more() -> None:
    even = design(Question("mean", baseline=0, effect=1, deviation=5))
    uneven = design(Question("mean", baseline=0, effect=1, deviation=5, control_share=0.2))
    assert uneven.total_units / even.total_units == pytest.approx(1 / (4 * 0.2 * 0.8), rel=0.01)
    assert uneven.control_units / uneven.total_units == pytest.approx(0.2, abs=0.001)


def test_a_covariate_saves_what_it_explains() -> None:
    plain = design(Question("mean", baseline=0, effect=1, deviation=20))
    adjusted = design(Question("mean", baseline=0, effect=1, deviation=20, correlation=0.7))
    assert adjusted.total_units / plain.total_units == pytest.approx(0.51, abs=0.001)


def test_the_planned_size_has_the_planned_power() -> None:
    plan = design(Question("share", baseline=0.2, effect=0.05))
    rng = np.random.default_rng(5)
    runs = 500
    hits = rng.binomial((plan.control_units, plan.variant_units), (0.2, 0.25), size=(runs, 2))
    found = 0
    for control, variant in hits:
        arms = [
            arm_of_counts("a", int(control), plan.control_units, pointer=""),
            arm_of_counts("b", int(variant), plan.variant_units, pointer=""),
        ]
        found += (compare(arms, Plan("a"), metric="share").p_value or 0) < 0.05
    assert found / runs == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(
    ("question", "pointer"),
    [
        (Question("mean", baseline=0, effect=0, deviation=1), "/effect"),
        (Question("mean", baseline=0, effect=1), "/deviation"),
        (Question("share", baseline=0.95, effect=0.1), "/baseline"),
        (Question("mean", baseline=0, effect=1e-9, deviation=1), "/effect"),
        (Question("mean", baseline=0, effect=1, deviation=1, power=1.0), "/power"),
    ],
)
def test_questions_without_an_answer_are_refused(question: Question, pointer: str) -> None:
    with pytest.raises(InvalidData) as refused:
        design(question)
    assert refused.value.pointer == pointer
