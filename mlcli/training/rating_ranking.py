"""The task of recommenders: rank what a user likes above all that is not known to be liked."""

import shlex
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from mlcli.core.errors import InputError
from mlcli.core.evaluation_rankings import RankingExamined, examine_ranking
from mlcli.core.matrices import rows_and_columns
from mlcli.core.prediction import Asking, Given, RankingPrediction
from mlcli.core.recommendation import SPLIT_SEED, History, RatingSet, hold_back, row_of, split
from mlcli.core.recommendation_methods import Method
from mlcli.core.recommendation_ranking import USERS_AT_ONCE, Scores, quality, rank
from mlcli.core.training import DataSummary, Score
from mlcli.models.bpr import Triples, first_vectors, new_model
from mlcli.models.lightgcn import LightGCN
from mlcli.models.recommenders import by_vectors, mixed_over_layers
from mlcli.training.digests import digest_of_ratings
from mlcli.training.rating_settings import LightGCNSettings
from mlcli.training.task import Loss, Measured, Part, Rng, Task, Vectors

MOST_PLACES = 20  # that are looked at; of few items an eighth


class RatingRanking(Task):
    """Triples (u, i, j) by the thousand; judged by what comes first among all items that are new to a user."""

    case_axes = (1,)
    loss_formula = "− log σ(s(u, i) − s(u, j)) + λ/2 (‖e_u^0‖² + ‖e_i^0‖² + ‖e_j^0‖²), the mean over triples"

    def __init__(self, data: RatingSet, settings: LightGCNSettings, device: str = "cpu") -> None:
        super().__init__(data, settings, device)
        try:
            self.whole, self.held = split(data, SPLIT_SEED)
        except InputError as error:
            if error.where != "--leave-out":  # which training has not
                raise
            raise InputError(
                error.message, "--test", "give a file to test on, or lower the bound with --like"
            ) from error
        validation = hold_back(self.whole, settings.validation, SPLIT_SEED)
        self.histories = {"validation": validation, "test": History(validation.R, validation.seen, self.whole.held_out)}
        self.R = validation.R
        self.K = max(1, min(MOST_PLACES, len(data.ratings.items) // 8))
        self.score = Score(f"recall@{self.K}", share=True)
        self.steps = -(-self.R.nnz // settings.batch)
        rng = np.random.default_rng([SPLIT_SEED, 4])
        self.triples = {part: self._triples(history, rng) for part, history in self.histories.items()}
        self.triples["train"] = torch.from_numpy(Triples(self.R, rng).draw(self.R.nnz))

    def summary(self) -> DataSummary:
        """Users, items, edges; what was held out."""
        users, items = rows_and_columns(self.R)
        validation, test = (self.histories[part].held_out.nnz for part in ("validation", "test"))
        return DataSummary(
            self.data.name, "liked items", {"users": users, "items": items, "edges to learn from": self.R.nnz}, (),
            self.R.nnz, validation, test, read=(*self.data.read, f"to test on: {self.held}"),
        )  # fmt: skip

    def digest(self) -> str:
        """Of the ratings and of what is liked; `recommend` holds a saved model to it."""
        return digest_of_ratings(self.data)

    def network(self, rng: Rng) -> LightGCN:
        """A vector for each user and item."""
        return new_model(self.R, self.settings.dimensions, self.settings.layers, rng)

    def batches(self, rng: Rng) -> Iterable[Tensor]:
        """As many triples as there are edges."""
        return torch.from_numpy(Triples(self.R, rng).draw(self.R.nnz)).split(self.settings.batch, dim=1)

    def loss(self, network: nn.Module, batch: Tensor, rng: Rng) -> Loss:
        """Training is not scored: its items are seen, and what is seen is not ranked."""
        return Loss(network.loss(batch, self.settings.decay), float("nan"), batch.shape[1])  # type: ignore[operator]

    def evaluate(self, network: nn.Module, part: Part) -> Measured:
        """The loss of triples that stay the same; recall@K over all unseen items, of the test part NDCG and more."""
        assert isinstance(network, LightGCN)
        loss = network.loss(self.triples[part], 0.0).item()
        if part == "train":
            return Measured(loss, float("nan"))
        history = self.histories[part]
        if part == "validation":
            return Measured(loss, self._recall(network, history))
        found = quality(self._scores(network, history), history, self.K)
        more = {f"NDCG@{self.K}": found.NDCG, f"precision@{self.K}": found.precision, "coverage": found.coverage}
        return Measured(loss, found.recall, more=more)

    def _scores(self, network: LightGCN, history: History) -> Scores:
        fitted = mixed_over_layers(history, first_vectors(network), network.layers, self.settings.decay)
        return by_vectors(history, Method.LIGHTGCN, fitted).scores

    def examined(self, network: nn.Module, part: Part, most: int) -> RankingExamined:
        """By how much users like, and who gets nothing.

        Raises:
            InputError: the part to train on: its items are seen, and what is seen is not ranked.
        """
        if part == "train":
            raise InputError("what was learned from is seen, and is not ranked", "--part", "validation or test")
        assert isinstance(network, LightGCN)
        history, ratings = self.histories[part], self.data.ratings
        return examine_ranking(
            self._scores(network, history), history, ratings.users, ratings.items, self.K, most
        )  # fmt: skip

    def predicted(self, network: nn.Module, given: Given, asked: Asking) -> RankingPrediction:
        """The items that come first for a user, by name, of all that is known of them: as `recommend` has it."""
        assert isinstance(network, LightGCN)
        history, ratings = self.whole, self.data.ratings
        user = ratings.user_position(given.name, "INPUT")
        ranking = rank(self._scores(network, history)(np.array([user]))[0], history.seen, user, asked.top)
        held = row_of(history.held_out, user)
        liked = tuple(ratings.items[i] for i in history.items_of(user))
        items = tuple(ratings.items[i] for i in ranking.items)
        return RankingPrediction(given, ranking, items, tuple(np.isin(ranking.items, held).tolist()), liked, len(held))

    def vectors(self, network: nn.Module) -> Vectors:
        """Users and items as their layers have mixed them."""
        ratings = self.data.ratings
        groups = ("user",) * len(ratings.users) + ("item",) * len(ratings.items)
        names = tuple(f"{group} {name}" for group, name in zip(groups, ratings.users + ratings.items, strict=True))
        return Vectors("the vectors of users and items", network().double().numpy(), names, groups)

    def further(self, run: str, given: str | None = None) -> tuple[str, ...]:
        """The reason for each item."""
        source = {"synthetic-ratings": "--example synthetic", "lastfm": "--dataset lastfm"}
        user = "" if given is None else f" --user {shlex.quote(given)}"
        return (f"mlcli recommend {source.get(self.data.name, self.data.name)} --weights {run}{user}",)

    def _recall(self, network: LightGCN, history: History) -> float:
        """The mean over users of the share of their held-out items that have fewer than K unseen items above them."""
        vectors = network()
        users, items = vectors[: network.users], vectors[network.users :]
        shares: list[np.ndarray] = []
        for some in _parts(np.flatnonzero(np.diff(history.held_out.indptr))):
            scores = users[torch.from_numpy(some)] @ items.T
            scores[history.seen[some].nonzero()] = -torch.inf
            row, item = history.held_out[some].nonzero()
            own = scores[row, item]
            above = torch.stack([(scores[r] > s).sum() for r, s in zip(row, own, strict=True)]).numpy()
            shares.append(np.bincount(row, above < self.K) / np.bincount(row))
        return float(np.concatenate(shares).mean())

    def _triples(self, history: History, rng: Rng) -> Tensor:
        """Each held-out item beside one that is new to the user and not held out."""
        u, i = history.held_out.nonzero()
        known = (history.seen + history.held_out).toarray() > 0
        j = np.array([rng.choice(np.flatnonzero(~row)) if not row.all() else 0 for row in known[u]])
        return torch.from_numpy(np.stack([u, i, j]).astype(np.int64))


def _parts(users: np.ndarray) -> Iterator[np.ndarray]:
    return (users[low : low + USERS_AT_ONCE] for low in range(0, len(users), USERS_AT_ONCE))
