import numpy as np

from mlcli.core.attention_heads import class_looks, looks_at, maps, weights_of
from mlcli.core.transformer import stack
from mlcli.core.transformer_weights import DECODER, draw_stack


def weights() -> np.ndarray:
    """Of 2 layers of 3 heads over 5 tokens."""
    drawn = np.random.default_rng(3).uniform(size=(2, 3, 5, 5))
    return drawn / drawn.sum(axis=-1, keepdims=True)


def test_each_head_has_its_map_and_a_line_between_any_two() -> None:
    drawn = maps(weights())
    assert drawn.shape == (2 * 5 + 1, 3 * 5 + 2)
    for layer in range(2):
        for h in range(3):
            own = drawn[6 * layer : 6 * layer + 5, 6 * h : 6 * h + 5]
            assert np.array_equal(own, weights()[layer, h])
    assert len(np.unique(drawn[5])) == 1 == len(np.unique(drawn[:, 5]))


def test_what_others_and_the_token_itself_give_it() -> None:
    looks = looks_at(weights(), 2)
    assert [(look.layer, look.head) for look in looks] == [(layer, h) for layer in (1, 2) for h in range(3)]
    own = weights()[1, 0]
    assert np.isclose(looks[3].from_others, (own[0, 2] + own[1, 2] + own[3, 2] + own[4, 2]) / 4)
    assert looks[3].itself == own[2, 2]


def test_the_class_token_s_looks_lie_where_their_patches_lie() -> None:
    drawn = np.random.default_rng(5).uniform(size=(1, 2, 7, 7))
    looks = class_looks(drawn, 2, 3)
    assert looks.shape == (1, 2, 2, 3)
    assert looks[0, 1, 1, 0] == drawn[0, 1, 0, 4]


def test_the_weights_of_one_kind_of_attention() -> None:
    X, M = (np.random.default_rng(seed).standard_normal((T, 6)) for seed, T in ((1, 5), (2, 3)))
    record = stack(X, draw_stack(DECODER, 6, 7, 2, True, 0), 3, memory=M)
    assert weights_of(record, "self-attention").shape == (2, 3, 5, 5)
    assert weights_of(record, "cross-attention").shape == (2, 3, 5, 3)
