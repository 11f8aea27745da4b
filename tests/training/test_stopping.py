import pytest

from mlcli.core.training import ACCURACY, SQUARED_ERROR, Epoch
from mlcli.training.stopping import BestRule, Judgement, PatienceRule, StoppingRule, WindowRule


def judged(rule: StoppingRule, *epochs: tuple[float, float]) -> list[Judgement]:
    return [
        rule.judge(Epoch(i, 0.0, 0.0, float(loss), float(accuracy))) for i, (loss, accuracy) in enumerate(epochs, 1)
    ]


def losses(*values: float) -> list[tuple[float, float]]:
    return [(value, 0.5) for value in values]


def test_the_window_counts_epochs_running_in_which_the_loss_did_not_fall() -> None:
    stops = [j.stop for j in judged(WindowRule(3), *losses(5, 4, 4, 4.5, 3, 3.1, 3.2, 3.2))]
    assert stops == [False] * 7 + [True]  # two that did not fall, one that did, three that did not
    assert all(j.keep for j in judged(WindowRule(3), *losses(1, 2, 3)))


@pytest.mark.parametrize("rule", [WindowRule(0), PatienceRule(0)])
def test_zero_never_stops(rule: WindowRule | PatienceRule) -> None:
    assert not any(j.stop for j in judged(rule, *((1.0 + i, 1 / (1 + i)) for i in range(300))))


def test_patience_counts_epochs_in_which_neither_was_as_good_as_ever() -> None:
    epochs = [(1.0, 0.5), (0.9, 0.4), (1.1, 0.5), (1.2, 0.3), (1.2, 0.4), (0.9, 0.3), (1.0, 0.4), (1.0, 0.4)]
    judgements = judged(PatienceRule(2), *epochs)
    assert [j.stop for j in judgements] == [False, False, False, False, True, False, False, True]


def test_patience_keeps_the_weights_when_both_are_as_good_as_ever() -> None:
    epochs = [(1.0, 0.5), (0.9, 0.4), (1.1, 0.6), (0.8, 0.6), (0.8, 0.6), (0.7, 0.5)]
    assert [j.keep for j in judged(PatienceRule(9), *epochs)] == [True, False, False, True, True, False]


def test_the_best_score_is_kept_and_of_equals_the_one_with_the_lower_loss() -> None:
    epochs = [(1.0, 0.5), (0.9, 0.5), (1.1, 0.6), (1.2, 0.6), (1.0, 0.6), (0.1, 0.5), (0.1, 0.5)]
    assert [j.keep for j in judged(BestRule(ACCURACY), *epochs)] == [True, True, True, False, True, False, False]
    assert [j.stop for j in judged(BestRule(ACCURACY, 2), *epochs)] == [False] * 6 + [True]


def test_the_best_of_errors_is_the_smallest() -> None:
    epochs = [(1.0, 0.5), (0.9, 0.4), (1.1, 0.6)]
    assert [j.keep for j in judged(BestRule(SQUARED_ERROR), *epochs)] == [True, True, False]
    assert [j.keep for j in judged(PatienceRule(9, SQUARED_ERROR), *epochs)] == [True, True, False]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (WindowRule(0), "the last weights"),
        (PatienceRule(7), "7 without a better validation loss or accuracy; the best weights"),
        (BestRule(SQUARED_ERROR, 3), "3 without a better validation mean squared error; the weights with the best "
                                     "validation mean squared error"),
    ],
)  # fmt: skip
def test_rules_say_what_they_do(rule: StoppingRule, told: str) -> None:
    assert rule.told == told
