import torch

from mlcli.models.bags import bag


def test_a_bag_is_a_weighted_sum_of_its_rows_and_zero_if_it_is_empty() -> None:
    rows = torch.arange(8.0).view(4, 2)
    index, offsets = torch.tensor([3, 0, 3]), torch.tensor([0, 2, 2, 3])
    assert bag(rows, index, offsets).tolist() == [[6, 8], [0, 0], [6, 7]]
    assert bag(rows, index, offsets, torch.tensor([1.0, 10.0, -1.0])).tolist() == [[6, 17], [0, 0], [-6, -7]]
