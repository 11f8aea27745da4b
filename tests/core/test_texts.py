import numpy as np
import pytest

from mlcli.core.texts import Text, bits_by_frequency, places


@pytest.mark.parametrize("text", ["hello", "zażółć 🦊 n\n", "aaaa"])
def test_a_character_is_its_place_in_the_alphabet(text: str) -> None:
    alphabet = Text("", text).alphabet
    assert list(alphabet) == sorted(set(text))
    assert "".join(alphabet[place] for place in places(text, alphabet)) == text


def test_the_parts_are_the_text_in_order() -> None:
    made = Text("", "abcdefghijklm" * 31)
    assert [len(part) for part in made.parts] == [363, 20, 20]
    np.testing.assert_array_equal(np.concatenate(made.parts), places(made.text, made.alphabet))


def test_frequencies_alone_cost_the_entropy() -> None:
    """Counted and measured on the same long text, it is the entropy of its characters."""
    rng = np.random.default_rng(0)
    drawn = rng.choice(5, size=100_003, p=[0.5, 0.25, 0.125, 0.0625, 0.0625])
    assert bits_by_frequency(drawn, drawn, 5) == pytest.approx(1.875, rel=0.01)
    assert bits_by_frequency(np.array([0]), np.array([3]), 7) == pytest.approx(np.log2(8))  # never seen: (0 + 1) / 8
