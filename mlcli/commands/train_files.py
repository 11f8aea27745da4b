"""The learner's own files for `mlcli train`: for each kind of data a dataclass of options that reads them."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlcli.core.errors import InputError
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.core.node_embedding import EdgeSet
from mlcli.core.pictures import LabelledPictures
from mlcli.core.recommendation import RatingSet
from mlcli.core.texts import Text
from mlcli.readers.edge_lists import read_edges
from mlcli.readers.labelled_graphs import read
from mlcli.readers.labelled_pictures import read_pictures
from mlcli.readers.ratings import read_ratings
from mlcli.readers.texts import read_text
from mlcli.render.show import option


@dataclass(frozen=True)
class GraphFiles:
    """A graph whose nodes have classes."""

    edges: str | None = option(None, "Your own graph: an edge a line, two nodes.", metavar="FILE")
    features: str | None = option(None, "Numbers for each node; else each has one of its own.", metavar="FILE")
    labels: str | None = option(None, "A class for each node, and if you like its part of the split.", metavar="FILE")
    directed: bool = option(False, "In --edges, Ann,Bob is a message from Ann to Bob only.")
    delimiter: str | None = option(None, "What parts the columns of --edges, if it is not found.")

    def read(self, seed: int) -> LabelledGraph | None:
        """The graph; None if no file is named.

        Args:
            seed: draws the split where the labels do not give one.

        Raises:
            InputError: a file is missing, or cannot be read as what it should be.
        """
        if self.edges is None and self.labels is None and self.features is None:
            if self.directed or self.delimiter:
                flag = "--directed" if self.directed else "--delimiter"
                raise InputError("is for a graph of your own", flag, "add --edges FILE and --labels FILE")
            return None
        if self.edges is None or self.labels is None:
            missing = "--edges" if self.edges is None else "--labels"
            raise InputError("your own graph needs --edges and --labels", hint=f"add {missing} FILE")
        return read(
            self.edges, self.features, self.labels, seed,
            weighted=False, directed=self.directed, delimiter=self.delimiter,
        )  # fmt: skip


@dataclass(frozen=True)
class EdgeFiles:
    """A graph of which nothing is known but its edges."""

    edges: str | None = option(None, "Your own graph: an edge a line, two nodes.", metavar="FILE")
    delimiter: str | None = option(None, "What parts the columns of --edges, if it is not found.")

    def read(self, seed: int) -> EdgeSet | None:
        """The graph; None if no file is named.

        Raises:
            InputError: the file cannot be read as edges, or an option lacks it.
        """
        if self.edges is None:
            if self.delimiter:
                raise InputError("is for a graph of your own", "--delimiter", "add --edges FILE")
            return None
        found = read_edges(self.edges, weighted=False, delimiter=self.delimiter)
        return EdgeSet(found.name, found.graph, read=found.read)


@dataclass(frozen=True)
class RatingFiles:
    """Who had what, and what of it counts."""

    ratings: str | None = option(None, "Your own ratings: a user and an item a line, maybe a rating.", metavar="FILE")
    test: str | None = option(None, "Ratings to test on; else 2 liked items of each user are held out.", metavar="FILE")
    like: float | None = option(None, "From which value on a user likes an item; else above the scale's middle.")

    def read(self, seed: int) -> RatingSet | None:
        """The ratings; None if no file is named.

        Raises:
            InputError: the file cannot be read as ratings, or an option lacks it.
        """
        if self.ratings is None:
            for flag, value in (("--test", self.test), ("--like", self.like)):
                if value is not None:
                    raise InputError("is for ratings of your own", flag, "add --ratings FILE")
            return None
        return replace(read_ratings(self.ratings, self.test), like=self.like)


@dataclass(frozen=True)
class TextFiles:
    """A text."""

    text: str | None = option(None, "Your own text; - is stdin.", metavar="FILE")

    def read(self, seed: int) -> Text | None:
        """The text; None if no file is named.

        Raises:
            InputError: the file cannot be read, or is not text.
        """
        return None if self.text is None else Text(Path(self.text).name, read_text(self.text))


@dataclass(frozen=True)
class PictureFiles:
    """Pictures, each of a class."""

    pictures: str | None = option(
        None, "Your own: a folder with a sub-folder a class; or .csv, a class and pixels a line.", metavar="PATH"
    )
    side: int | None = option(None, "Bring each to so many rows and columns.", min=1, max=1024)

    def read(self, seed: int) -> LabelledPictures | None:
        """The pictures; None if none are named.

        Args:
            seed: draws the split.

        Raises:
            InputError: they cannot be read, or an option lacks them.
        """
        if self.pictures is None:
            if self.side is not None:
                raise InputError("is for pictures of your own", "--side", "add --pictures FOLDER")
            return None
        return read_pictures(self.pictures, seed, self.side)


# by kind of data; a kind without files has no line
FILES: dict[str, Any] = {
    "node classification": GraphFiles,
    "graph": EdgeFiles,
    "pictures": PictureFiles,
    "ratings": RatingFiles,
    "text": TextFiles,
}
