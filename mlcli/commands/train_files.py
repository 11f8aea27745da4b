"""The learner's own files for `mlcli train`: for each kind of data a dataclass of options that reads them."""

from dataclasses import dataclass
from typing import Any

from mlcli.core.errors import InputError
from mlcli.core.graphs import LabelledGraph
from mlcli.readers.labelled_graphs import read
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


FILES: dict[str, Any] = {"node classification": GraphFiles}  # by kind of data; a kind without files has no line
